//! What the room writes to people, in words of the catalogue: `mail-invitation-…` and `mail-reset-…`.

use super::EmailAddress;
use crate::notifications::{Letter, Mail};
use kernel::Result;
use std::time::Duration;
use web::Language;

/// Where a letter comes from: an account, as whoever reads it knows it.
#[derive(Clone, Copy)]
pub(super) struct From<'a> {
    /// What the group calls itself.
    pub(super) account: &'a str,
    /// Where it is.
    pub(super) address: &'a str,
}

/// An invitation by `inviter`, whose link is good for `lives`.
pub(super) fn invitation(
    from: From<'_>,
    language: Language,
    to: &str,
    inviter: &str,
    link: String,
    lives: Duration,
) -> Result<Mail> {
    Letter::new("invitation", language, link)
        .typed("inviter", inviter)
        .typed("account", from.account)
        .counted("days", lives.as_secs() / (24 * 60 * 60))
        .mail(to, from.address)
}

/// A way to another password, whose link is good for `lives`.
pub(super) fn reset(
    from: From<'_>,
    language: Language,
    to: &EmailAddress,
    link: String,
    lives: Duration,
) -> Result<Mail> {
    Letter::new("reset", language, link)
        .typed("account", from.account)
        .counted("minutes", lives.as_secs() / 60)
        .mail(to.as_str(), from.address)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOTH: [Language; 2] = [Language::English, Language::French];
    const WEEK: Duration = Duration::from_hours(7 * 24);
    const LINK: &str =
        "https://mirabel.palisade.example/invitation#4f1a0c77d2b94e55a8c30e6f19b2d7c4a8c30e6f19b2d7c44f1a";

    fn from(account: &str) -> From<'_> {
        From { account, address: "https://mirabel.palisade.example" }
    }

    fn invited(language: Language, account: &str, inviter: &str, to: &str) -> Mail {
        invitation(from(account), language, to, inviter, LINK.to_owned(), WEEK).unwrap()
    }

    fn forgotten(language: Language, account: &str, lives: Duration) -> Mail {
        let to = EmailAddress::parse("ines@mirabel-studio.example").unwrap();
        reset(from(account), language, &to, LINK.replace("invitation", "reset"), lives).unwrap()
    }

    /// A mail as it is kept beside this file: its words, then its HTML.
    fn kept(mail: &Mail) -> String {
        format!("To: {}\nSubject: {}\n\n{}\n=====\n{}", mail.to, mail.subject, mail.body, mail.html)
    }

    #[test]
    fn each_letter_in_each_language() {
        for language in BOTH {
            let tag = language.tag();
            let mail = invited(language, "Atelier Mirabel", "Inès Moreau", "noe@mirabel-studio.example");
            insta::assert_snapshot!(format!("invitation_{tag}"), kept(&mail));
            let mail = forgotten(language, "Atelier Mirabel", Duration::from_hours(1));
            insta::assert_snapshot!(format!("reset_{tag}"), kept(&mail));
        }
    }

    #[test]
    fn names_that_would_be_something_else_are_only_names() {
        let evil = "</title><script>alert('x')</script><img src=\"https://evil.example/?\" onerror=x>";
        let mail = invited(Language::English, evil, "a\r\nBcc: b@evil.example", "noe@acme.example");
        assert!(!mail.subject.contains(['\r', '\n']), "{:?}", mail.subject);
        assert!(!mail.html.contains("<script") && !mail.html.contains("<img"), "{}", mail.html);
        assert!(mail.html.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;"), "{}", mail.html);
        assert!(mail.body.contains(evil.split(' ').next().unwrap()), "as text it is what was typed");

        let mail = invited(Language::French, "مخيم الميناء", "سارا", "noe@acme.example");
        assert!(mail.html.contains("<bdi>مخيم الميناء</bdi>"), "{}", mail.html);
        insta::assert_snapshot!("invitation_leftwards", mail.body);
        assert_eq!(mail.subject, "\u{2068}سارا\u{2069} vous invite à rejoindre \u{2068}مخيم الميناء\u{2069}");
    }

    #[test]
    fn a_mail_asks_nobody_for_anything_and_says_the_same_twice() {
        for mail in BOTH.map(|language| invited(language, "Mirabel", "Inès", "noe@acme.example")) {
            for remote in
                ["<img", "url(", "@import", "<link", "<script", "srcset", "background=\"", "http-equiv"]
            {
                assert!(!mail.html.contains(remote), "{remote}");
            }
            let links: Vec<_> =
                mail.html.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
            assert_eq!(links, [LINK, LINK], "where it leads, and nowhere else");
            assert!(
                mail.body.lines().any(|line| line == LINK),
                "the link is written out whole: {}",
                mail.body
            );
            assert!(mail.html.contains(&format!(">{LINK}</a>")));
            assert!(mail.html.len() < 12_000, "some programs cut what is long: {}", mail.html.len());
            let long = mail.body.lines().filter(|line| line.chars().count() > 78);
            assert!(long.into_iter().all(|line| line == LINK), "{}", mail.body);
            assert!(mail.body.contains("noe@acme.example") && mail.html.contains("noe@acme.example"));
        }
    }

    #[test]
    fn how_long_a_link_is_good_is_said_as_people_say_it() {
        let said = |language, minutes| forgotten(language, "Mirabel", Duration::from_mins(minutes)).body;
        for (minutes, english, french) in [
            (60, "within one hour", "dans l’heure"),
            (10, "within 10 minutes", "dans les 10 minutes"),
            (1, "within one minute", "dans la minute"),
        ] {
            assert!(said(Language::English, minutes).replace('\n', " ").contains(english));
            assert!(said(Language::French, minutes).replace(['\n', '\u{a0}'], " ").contains(french));
        }
    }
}
