# Problèmes : ce qui s'est passé, et ce qu'il faut faire.
problem-internal = Quelque chose a lâché de notre côté. Rien n’est perdu ; veuillez réessayer.
problem-unavailable = C’est impossible pour l’instant. Veuillez réessayer dans un moment.
problem-storage-full = Il n’y a plus de place sur le serveur. Rien n’a été enregistré ; l’opérateur doit faire de la place.
problem-busy = Il se passe trop de choses à la fois. Veuillez réessayer dans un moment.
problem-wrong-account-key = Ce compte ne peut pas être ouvert : sa clé n’est pas celle avec laquelle il a été créé. L’opérateur du serveur doit la remettre en place.
problem-newer-database = La base de données a été utilisée par une version plus récente de ce programme. Rien n’a été modifié ; lancez cette version ou une plus récente.
problem-no-database = Il n’y a pas de base de données ici.
problem-database-away = Un autre lieu prend la relève. Tout reprendra de soi-même dans un instant.
problem-too-few-copies = Trop peu de lieux conserveraient ceci : rien n’a été changé. Veuillez réessayer dans un instant.
problem-unknown-outcome = Nous n’avons pas pu nous assurer que c’est enregistré. Veuillez réessayer.
problem-not-found = Il n’y a rien ici, ou ce n’est pas pour vous.
problem-account-gone = Cette adresse n’est plus utilisée.
problem-forbidden = Vous pouvez voir ceci, mais pas le modifier.
problem-signed-out = Veuillez vous connecter.
problem-wrong-credentials = Cette adresse e-mail et ce mot de passe ne vont pas ensemble.
problem-other-origin = Cette demande vient d’un autre site et a été refusée.
problem-malformed = La demande est illisible : { $reason }.
problem-unknown-field = La demande contient un élément inconnu ici.
problem-not-a-socket = Cette adresse attend un WebSocket ; demandez-en un.
problem-bad-method = Cette adresse n’accepte pas ce genre de demande.
problem-bad-type = La demande doit être de type { $expected }.
problem-too-large = C’est plus grand que permis ({ $limit } octets au plus).
problem-invalid-cursor = Cet endroit de la liste est inconnu. Reprenez au début.
problem-invalid-id = Ceci n’est pas un identifiant.
problem-needs-version = Dites quelle version vous modifiez (If-Match).
problem-changed = Quelqu’un a modifié ceci entre-temps. Rechargez, puis refaites votre changement.
problem-bad-range = Cette partie est en dehors du fichier.
problem-too-many = Trop d’essais. Veuillez attendre { $seconds } secondes.
problem-over-quota = Le compte est plein : il reste { $free } octets.
problem-duplicate = Ceci existe déjà.
problem-other-request = Cette clé d’idempotence a servi à une autre demande.
problem-name-taken = « { $name } » existe déjà ici.
problem-name-empty = Veuillez donner un nom.
problem-name-too-long = Ce nom est trop long ({ $limit } octets au plus).
problem-name-reserved = « { $name } » ne peut pas être un nom.
problem-name-forbidden-character = Un nom ne peut contenir ni barre oblique, ni caractère de contrôle, ni caractère invisible ou qui retourne le texte.
problem-needs-session = Un mot de passe d’application ne suffit pas. Connectez-vous à l’adresse de votre compte.
problem-too-many-entries = Cela fait plus de { $limit } fichiers et dossiers à la fois. Copiez les dossiers un par un.
problem-too-many-at-once = Cela fait plus de { $limit } fichiers et dossiers à la fois. Procédez en plusieurs fois.
problem-too-deep = Les dossiers ne peuvent s’emboîter au-delà de { $limit } niveaux.
problem-into-itself = Un dossier ne peut pas être mis dans lui-même.
problem-not-a-folder = Ceci n’est pas un dossier.
problem-not-a-file = Ceci n’est pas un fichier.
problem-wrong-length = L’envoi s’est arrêté après { $got } octets sur { $expected }. Rien n’a été enregistré.
problem-wrong-offset = Cet envoi reprend à l’octet { $offset }.
problem-upload-taken-over = L’envoi se poursuit ailleurs.
problem-too-many-uploads = { $limit } envois de ce compte attendent d’être repris. Terminez-en ou abandonnez-en d’abord.
problem-too-many-parts = L’envoi est arrivé en plus de { $limit } morceaux. Recommencez-le avec des morceaux plus grands.
problem-tus-version = Cette version du protocole d’envoi n’est pas comprise ici. Envoyez Tus-Resumable: 1.0.0.
problem-cut-off = L’envoi a été coupé. Rien n’a été enregistré.
problem-archived = Ce projet est archivé. Restaurez-le pour le modifier.
problem-account-name-invalid = Une adresse compte 3 à 63 lettres de a à z, chiffres et traits d’union, et commence et finit par une lettre ou un chiffre.
problem-account-name-reserved = Cette adresse est réservée.
problem-account-name-taken = Cette adresse est prise.
problem-sign-up-closed = L’inscription est fermée ici. Demandez un compte à l’opérateur.
problem-email-invalid = Ceci n’est pas une adresse e-mail.
problem-email-taken = Une personne avec cette adresse e-mail est déjà là.
problem-password-too-short = Un mot de passe compte au moins { $least } caractères.
problem-password-too-long = Un mot de passe compte au plus { $most } caractères.
problem-password-common = Beaucoup de gens utilisent ce mot de passe. Veuillez en choisir un autre.
problem-password-personal = Il n’y a là guère plus que votre nom, votre adresse ou celle de votre compte. Veuillez choisir un autre mot de passe.
problem-password-wrong = Ce n’est pas votre mot de passe actuel.
problem-unknown-role = Ce rôle n’existe pas.
problem-projects-for-guests = Seuls les invités reçoivent des projets choisis ; les autres travaillent dans tous les projets.
problem-unknown-project = L’un de ces projets n’existe pas ici.
problem-unknown-language = Nous parlons anglais et français.
problem-unknown-time-zone = Ce fuseau horaire n’existe pas.
problem-unknown-dye = Cette couleur n’existe pas.
problem-unknown-value = Ce choix n’existe pas.
problem-link-used = Ce lien a déjà servi ou a expiré. Veuillez en demander un nouveau.
problem-invalid-recovery-key = Ce n’est pas le code de récupération de ces clés. Tapez-le tel qu’il est sur le papier.
problem-keys-exist = Des clés sont déjà là. La récupération ne remplit que des dossiers vides.
problem-last-owner = Un compte a toujours son propriétaire.
problem-mail-unsent = L’e-mail n’a pas encore pu partir. Un nouvel essai suivra.
problem-unknown-form = Aucun formulaire ne porte ce nom.
problem-picture-type = Une photo est un PNG, un JPEG ou un WebP.
problem-picture-unreadable = Cette photo est illisible. Elle est peut-être abîmée ou incomplète.
problem-picture-too-many-pixels = Cette photo compte plus de { $limit } millions de pixels. Réduisez-la d’abord.

# Courriels. Chaque sorte a les mêmes parties : sujet, aperçu (à côté du sujet dans une liste), titre, corps, action (ce que fait le
# lien), note (si on ne s'y attendait pas) et raison (pourquoi il est venu, et de quelle adresse).
mail-before-link = { $action } :
mail-below-button = Si le bouton ne répond pas, ouvrez cette adresse :

mail-invitation-subject = { $inviter } vous invite à rejoindre { $account }
mail-invitation-preview = Le lien est valable { $days ->
        [one] un jour
       *[other] { $days } jours
    } et laisse entrer une personne.
mail-invitation-title = { $inviter } vous invite à rejoindre { $account }
mail-invitation-body = Choisissez un nom et un mot de passe, et vous y êtes. Le lien laisse entrer une personne, une seule fois, { $days ->
        [one] dans la journée
       *[other] dans les { $days } jours
    }.
mail-invitation-action = Accepter l’invitation
mail-invitation-note = Si vous n’attendiez pas ce message, ne faites rien : sans vous, rien ne se passe.
mail-invitation-reason = Cet e-mail a été envoyé à { $to } parce que { $inviter } a donné cette adresse pour vous inviter. Il vient de { $address }.

mail-reset-subject = Un nouveau mot de passe pour { $account }
mail-reset-preview = Le lien sert une seule fois, { $minutes ->
        [60] pendant une heure
        [one] pendant une minute
       *[other] pendant { $minutes } minutes
    }.
mail-reset-title = Un nouveau mot de passe pour { $account }
mail-reset-body = Quelqu’un, sans doute vous, a demandé un nouveau mot de passe. Choisissez-le { $minutes ->
        [60] dans l’heure
        [one] dans la minute
       *[other] dans les { $minutes } minutes
    } ; le lien sert une seule fois.
mail-reset-action = Choisir un nouveau mot de passe
mail-reset-note = Si ce n’était pas vous, ne faites rien : votre mot de passe ne change pas.
mail-reset-reason = Cet e-mail a été envoyé à { $to }, votre adresse dans { $account }, parce qu’un nouveau mot de passe y a été demandé. Il vient de { $address }.
