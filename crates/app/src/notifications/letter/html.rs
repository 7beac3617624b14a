//! A letter as HTML, for mail programs: tables and styles in place, since many know no other; no picture, no font and no other
//! thing of another place, so that opening a mail tells nobody of it. The look is that of the pages, by day and by night; a
//! program that knows no night turns the colours itself, and the mark is drawn of rules that survive it.

use super::{ISOLATE, Parts};
use web::Html;

/// Keeps what comes after the preview out of it.
const FILLER: &str = "&#847;&zwnj;&nbsp;&#847;&zwnj;&nbsp;&#847;&zwnj;&nbsp;&#847;&zwnj;&nbsp;&#847;&zwnj;&nbsp;\
    &#847;&zwnj;&nbsp;&#847;&zwnj;&nbsp;&#847;&zwnj;&nbsp;&#847;&zwnj;&nbsp;&#847;&zwnj;&nbsp;&#847;&zwnj;&nbsp;\
    &#847;&zwnj;&nbsp;&#847;&zwnj;&nbsp;&#847;&zwnj;&nbsp;&#847;&zwnj;&nbsp;&#847;&zwnj;&nbsp;&#847;&zwnj;&nbsp;";

const HEAD: &str = r#"<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<meta name="format-detection" content="telephone=no, date=no, address=no, email=no, url=no">
<style>
:root { color-scheme: light dark; supported-color-schemes: light dark; }
@media (prefers-color-scheme: dark) {
  .canvas { background: #101512 !important; }
  .sheet { background: #181e1a !important; border-color: #29312b !important; }
  .ink { color: #edefe6 !important; }
  .soft { color: #bcc4ba !important; }
  .faint { color: #97a097 !important; }
  .link { color: #8fcbaa !important; }
  .go { background: #93cdae !important; color: #0b1f14 !important; }
  .wood { background: #8fcbaa !important; }
  .wood-point { border-bottom-color: #8fcbaa !important; }
  .fire { background: #f0874d !important; }
  .fire-point { border-bottom-color: #f0874d !important; }
}
@media (max-width: 480px) {
  .room { padding: 24px 20px !important; }
  .go { display: block !important; text-align: center !important; }
}
</style>
"#;

/// One stake of the mark: its point, its body, the gap to the next.
macro_rules! stake {
    ($kind:literal, $colour:literal, $height:literal, $gap:literal) => {
        concat!(
            "<td valign=\"bottom\" style=\"padding-right:",
            $gap,
            "px\"><div class=\"",
            $kind,
            "-point\" style=\"width:0;height:0;",
            "border-left:3px solid transparent;border-right:3px solid transparent;border-bottom:3px solid ",
            $colour,
            "\"></div>",
            "<div class=\"",
            $kind,
            "\" style=\"width:6px;height:",
            $height,
            "px;background:",
            $colour,
            "\"></div></td>\n",
        )
    };
}

/// The mark: four stakes round a fire.
const MARK: &str = concat!(
    "<table role=\"presentation\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\"><tr>\n",
    stake!("wood", "#1d5139", 14, 2),
    stake!("wood", "#1d5139", 19, 2),
    stake!("fire", "#d9591d", 23, 2),
    stake!("wood", "#1d5139", 19, 2),
    stake!("wood", "#1d5139", 14, 10),
    "<td class=\"ink\" valign=\"bottom\" style=\"font:700 19px/1 'National Park','Avenir Next','Segoe UI',Helvetica,Arial,sans-serif;\
     color:#18211b\">Palisade</td>\n</tr></table>",
);

pub(super) fn write(parts: &Parts) -> Html {
    let mut html = Html::default();
    html.markup("<!doctype html>\n<html lang=\"")
        .text(parts.language.tag())
        .markup("\" dir=\"ltr\">\n<head>\n");
    html.markup(HEAD)
        .markup("<title>")
        .text(&super::plain::line(&parts.subject))
        .markup("</title>\n</head>\n");
    html.markup(
        "<body class=\"canvas\" style=\"margin:0;padding:0;background:#f1f2ea;\
         -webkit-text-size-adjust:100%;text-size-adjust:100%\">\n",
    );
    html.markup("<div style=\"display:none;font-size:1px;line-height:1px;max-height:0;overflow:hidden;mso-hide:all\">");
    said(&mut html, &parts.preview).markup(FILLER).markup("</div>\n");
    html.markup(
        "<table class=\"canvas\" role=\"presentation\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" \
         style=\"background:#f1f2ea\"><tr><td align=\"center\" style=\"padding:32px 16px 40px\">\n\
         <table role=\"presentation\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" \
         style=\"max-width:560px;font-family:Inter,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;\
         text-align:left;overflow-wrap:anywhere;word-break:break-word\">\n\
         <tr><td style=\"padding:0 4px 20px\">",
    );
    html.markup(MARK).markup("</td></tr>\n");
    sheet(&mut html, parts);
    html.markup(
        "<tr><td class=\"faint\" style=\"padding:20px 4px 0;font-size:13px;line-height:1.5;color:#5c665e\">",
    );
    said(&mut html, &parts.reason).markup("</td></tr>\n</table>\n</td></tr></table>\n</body>\n</html>\n");
    html
}

/// What the letter says, on its paper.
fn sheet(html: &mut Html, parts: &Parts) {
    html.markup(
        "<tr><td class=\"sheet room\" style=\"padding:36px 40px;background:#fdfdfa;border:1px solid #dfe1d6;\
         border-radius:12px\">\n\
         <h1 class=\"ink\" style=\"margin:0 0 16px;font:700 26px/1.15 'National Park','Avenir Next','Segoe UI',Helvetica,Arial,\
         sans-serif;letter-spacing:-.01em;color:#18211b\">",
    );
    said(html, &parts.title).markup(
        "</h1>\n<p class=\"ink\" style=\"margin:0 0 24px;font-size:17px;line-height:1.6;color:#18211b\">",
    );
    said(html, &parts.body).markup("</p>\n<p style=\"margin:0 0 24px\"><a class=\"go\" href=\"").text(&parts.link).markup(
        "\" style=\"display:inline-block;padding:14px 20px;border-radius:7px;background:#1d5139;color:#ffffff;\
         font-size:16px;font-weight:600;line-height:1.2;text-decoration:none\">",
    );
    said(html, &parts.action).markup(
        "</a></p>\n<p class=\"soft\" style=\"margin:0 0 20px;font-size:13px;line-height:1.5;color:#434d45\">",
    );
    said(html, &parts.below_button)
        .markup("<br>\n<a class=\"link\" href=\"")
        .text(&parts.link)
        .markup("\" dir=\"ltr\" style=\"color:#1d5139;word-break:break-all\">");
    html.text(&parts.link).markup(
        "</a></p>\n<p class=\"soft\" style=\"margin:0;font-size:15px;line-height:1.5;color:#434d45\">",
    );
    said(html, &parts.note).markup("</p>\n</td></tr>\n");
}

/// A sentence, with what was typed in elements of their own.
fn said<'html>(html: &'html mut Html, sentence: &str) -> &'html mut Html {
    for (at, piece) in sentence.split(ISOLATE.0).enumerate() {
        match piece.split_once(ISOLATE.1).filter(|_| at > 0) {
            Some((typed, rest)) => html.markup("<bdi>").text(typed).markup("</bdi>").text(rest),
            None => html.text(piece),
        };
    }
    html
}
