# Problems: what happened, and what to do next.
problem-internal = Something broke on our side. Nothing was lost; please try again.
problem-unavailable = This cannot be done just now. Please try again in a moment.
problem-storage-full = There is no room left on the server. Nothing was stored; the operator has to make room.
problem-busy = Too much is going on at once. Please try again in a moment.
problem-wrong-account-key = This account cannot be opened: its key is not the one that it was made with. Whoever runs this server has to put it back.
problem-newer-database = The database was used by a newer version of this program. Nothing was changed; run that version or a later one.
problem-no-database = There is no database here.
problem-database-away = Another place is taking over. Everything goes on by itself in a moment.
problem-too-few-copies = Too few places would hold this, so nothing was changed. Please try again in a moment.
problem-unknown-outcome = We could not make sure that this was saved. Please try again.
problem-not-found = There is nothing here, or it is not for you.
problem-account-gone = This address is no longer in use.
problem-forbidden = You can see this, but you may not change it.
problem-signed-out = Please sign in.
problem-wrong-credentials = This e-mail address and password do not match.
problem-other-origin = This request came from another site and was refused.
problem-malformed = The request could not be read: { $reason }.
problem-unknown-field = The request has a part that is not known here.
problem-not-a-socket = This address is for a WebSocket; ask for one.
problem-bad-method = This address does not take that kind of request.
problem-bad-type = The request must be { $expected }.
problem-too-large = That is larger than allowed ({ $limit } bytes at most).
problem-invalid-cursor = This place in the list is not known. Start at the beginning.
problem-invalid-id = This is not an id.
problem-needs-version = Say which version you are changing (If-Match).
problem-changed = Somebody changed this meanwhile. Load it again, then make your change.
problem-bad-range = This part lies outside the file.
problem-too-many = Too many tries. Please wait { $seconds } seconds.
problem-over-quota = The account is full: { $free } bytes are free.
problem-duplicate = This exists already.
problem-other-request = This idempotency key was used for another request.
problem-name-taken = “{ $name }” exists here already.
problem-name-empty = Please give a name.
problem-name-too-long = This name is too long ({ $limit } bytes at most).
problem-name-reserved = “{ $name }” cannot be a name.
problem-name-forbidden-character = A name cannot contain a slash, a control character, or one that is invisible or turns text around.
problem-needs-session = An app password does not suffice for this. Please sign in at the address of your account.
problem-too-many-entries = That is more than { $limit } files and folders at once. Copy its folders one by one.
problem-too-many-at-once = That is more than { $limit } files and folders at once. Do it in several steps.
problem-too-deep = Folders cannot be nested deeper than { $limit }.
problem-into-itself = A folder cannot be put into itself.
problem-not-a-folder = This is not a folder.
problem-not-a-file = This is not a file.
problem-wrong-length = The upload ended after { $got } of { $expected } bytes. Nothing was stored.
problem-wrong-offset = This upload goes on at byte { $offset }.
problem-upload-taken-over = The upload goes on elsewhere.
problem-too-many-uploads = { $limit } uploads of this account wait to be resumed. Finish or discard some of them first.
problem-too-many-parts = The upload came in more than { $limit } pieces. Start it again with larger ones.
problem-tus-version = This version of the upload protocol is not spoken here. Send Tus-Resumable: 1.0.0.
problem-cut-off = The upload was cut off. Nothing was stored.
problem-archived = This project is archived. Restore it to change it.
problem-account-name-invalid = An address has 3 to 63 letters a to z, digits and hyphens, and begins and ends with a letter or digit.
problem-account-name-reserved = This address is reserved.
problem-account-name-taken = This address is taken.
problem-sign-up-closed = Sign-up is closed here. Ask the operator for an account.
problem-email-invalid = This is not an e-mail address.
problem-email-taken = Somebody with this e-mail address is here already.
problem-password-too-short = A password has at least { $least } characters.
problem-password-too-long = A password has at most { $most } characters.
problem-password-common = Many people use this password. Please choose another.
problem-password-personal = This is little more than your name, your address or that of your account. Please choose another password.
problem-password-wrong = This is not your present password.
problem-unknown-role = There is no such role.
problem-projects-for-guests = Only guests are given chosen projects; everybody else works in all of them.
problem-unknown-project = One of these projects is not here.
problem-unknown-language = We speak English and French.
problem-unknown-time-zone = There is no such time zone.
problem-unknown-dye = There is no such colour.
problem-unknown-value = There is no such choice.
problem-link-used = This link was used or has expired. Please ask for a new one.
problem-invalid-recovery-key = This is not the recovery code of these keys. Type it as it stands on paper.
problem-keys-exist = Keys are here already. Recovery fills empty folders only.
problem-last-owner = An account always has its owner.
problem-mail-unsent = The mail could not be sent yet. It is tried again.
problem-unknown-form = There is no form of this name.
problem-picture-type = A picture is a PNG, a JPEG or a WebP.
problem-picture-unreadable = This picture cannot be read. It may be damaged, or cut short.
problem-picture-too-many-pixels = This picture has more than { $limit } million pixels. Make it smaller first.

# Mails. Each kind has the same parts: subject, preview (beside the subject in a list), title, body, action (what the link does),
# note (where it was not expected) and reason (why it came, and from which address).
mail-before-link = { $action }:
mail-below-button = If the button does not work, open this address:

mail-invitation-subject = { $inviter } invites you to { $account }
mail-invitation-preview = The link is good for { $days ->
        [one] one day
       *[other] { $days } days
    }, and lets one person in.
mail-invitation-title = { $inviter } invites you to { $account }
mail-invitation-body = Choose a name and a password, and you are in. The link lets one person in, once, within { $days ->
        [one] one day
       *[other] { $days } days
    }.
mail-invitation-action = Accept the invitation
mail-invitation-note = If you did not expect this, do nothing: without you, nothing happens.
mail-invitation-reason = This mail went to { $to } because { $inviter } gave that address to invite you. It comes from { $address }.

mail-reset-subject = A new password for { $account }
mail-reset-preview = The link is good once, for { $minutes ->
        [60] one hour
        [one] one minute
       *[other] { $minutes } minutes
    }.
mail-reset-title = A new password for { $account }
mail-reset-body = Somebody, probably you, asked for a new password. Choose it within { $minutes ->
        [60] one hour
        [one] one minute
       *[other] { $minutes } minutes
    }; the link is good once.
mail-reset-action = Choose a new password
mail-reset-note = If it was not you, do nothing: your password stays as it is.
mail-reset-reason = This mail went to { $to }, your address in { $account }, because a new password was asked for there. It comes from { $address }.
