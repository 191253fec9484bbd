import type { Code } from "../backend";
import { span } from "./dates";
import { count } from "./numbers";

/** A failure in three parts, in that order. */
export interface FailureText {
  /** What happened. */
  happened: (about: string | null) => string;
  /** What is safe. */
  safe: string;
  /** What to do. */
  todo: string;
}

const STORED = "Tout ce qui est enregistré sur ce poste est intact.";
const NOTHING_SENT = "Rien n'a été envoyé ni supprimé.";
const NO_SECRET = "Aucun identifiant ni message n'a été transmis.";
const KEPT = "Votre message est gardé, complet, sur ce poste.";
const READABLE = "Tout ce qui a déjà été reçu reste lisible.";

const NO_SESSION = "Aucune session n'a été ouverte.";
const UNTOUCHED = `${NO_SESSION} ${READABLE}`;

/** A wait that the core tells in seconds. */
const inSeconds = (before: string, about: string | null, after: string, otherwise: string): string => {
  const seconds = Number(about ?? "");
  return Number.isFinite(seconds) && seconds > 0 ? `${before}${span(seconds)}${after}` : otherwise;
};

const named = (before: string, about: string | null, after: string, otherwise: string): string =>
  about ? `${before}${about}${after}` : otherwise;

const ranges: Record<string, string> = {
  months: "Les traces se gardent de 1 à 240 mois.",
  technicalMonths: "Les journaux techniques se gardent de 6 à 12 mois.",
  before: "Cette date n'est pas encore passée.",
  retentionMonths: "La copie de ce poste se garde de 1 à 240 mois.",
  days: "Indiquez de 0 à 3 650 jours.",
  answerText: "Une réponse automatique compte 5 000 caractères au plus.",
  answerEvery: "La même personne la reçoit de nouveau après 1 à 30 jours.",
  answerPeriod: "Une absence finit après avoir commencé.",
  answerOver: "Cette absence est déjà finie.",
  answerAddresses: "Indiquez 10 autres adresses au plus.",
  sortRules: "Il y a 50 règles de tri au plus.",
  name: "Ce nom est trop long.",
  keep: "On garde de 1 à 100 sauvegardes.",
};

/** Every failure of the contract: a code without its text does not compile. */
export const failures: Record<Code, FailureText> = {
  badRequest: {
    happened: () => "Pli n'a pas compris cette demande.",
    safe: STORED,
    todo: "Recommencez. Si cela se reproduit, redémarrez Pli.",
  },
  notFound: {
    happened: () => "Cet élément n'existe plus : il a été déplacé ou supprimé ailleurs.",
    safe: STORED,
    todo: "La liste se met à jour d'elle-même.",
  },
  internal: {
    happened: () => "Quelque chose n'a pas fonctionné dans Pli.",
    safe: STORED,
    todo: "Recommencez. Si cela se reproduit, redémarrez Pli.",
  },
  vaultLocked: {
    happened: () => "Pli est verrouillé.",
    safe: "Vos messages sont chiffrés sur ce poste : rien n'est lisible tant que Pli est verrouillé.",
    todo: "Déverrouillez Pli pour continuer.",
  },
  locked: {
    happened: () => "Pli est verrouillé.",
    safe: "Vos messages sont chiffrés sur ce poste : rien n'est lisible tant que Pli est verrouillé.",
    todo: "Déverrouillez Pli pour continuer.",
  },
  wrongPin: {
    happened: () => "Ce code n'est pas le bon.",
    safe: "Rien n'est effacé, quel que soit le nombre d'essais.",
    todo: "Recommencez, ou déverrouillez avec Pro Santé Connect.",
  },
  weakPin: {
    happened: () => "Ce code est trop court ou trop long.",
    safe: "Votre code n'a pas changé.",
    todo: "Choisissez de 4 à 64 caractères : chiffres, lettres ou signes.",
  },
  waitBeforeRetry: {
    happened: (about) =>
      inSeconds("Trop d'essais : le prochain sera possible dans ", about, ".", "Trop d'essais : le prochain sera possible dans un moment."),
    safe: "Rien n'est effacé, quel que soit le nombre d'essais.",
    todo: "Patientez, ou déverrouillez avec Pro Santé Connect.",
  },
  policyUnreadable: {
    happened: () => "Les réglages fixés par votre organisation ne peuvent pas être lus, donc Pli ne démarre pas.",
    safe: STORED,
    todo: "Prévenez la personne qui s'occupe de votre informatique.",
  },
  wrongPassphrase: {
    happened: () => "Cette phrase de passe n'ouvre pas vos messages.",
    safe: STORED,
    todo: "Vérifiez les majuscules et la disposition du clavier, puis recommencez.",
  },
  weakPassphrase: {
    happened: () => "Cette phrase de passe est trop courte.",
    safe: "Rien n'est encore enregistré.",
    todo: "Choisissez au moins douze caractères, par exemple quatre mots sans rapport entre eux.",
  },
  keyringAbsent: {
    happened: () => "Ce poste n'a pas de trousseau de clés.",
    safe: STORED,
    todo: "Choisissez une phrase de passe : elle protégera vos messages à sa place.",
  },
  keyringLocked: {
    happened: () => "Le trousseau de clés de ce poste est verrouillé.",
    safe: STORED,
    todo: "Déverrouillez le trousseau de votre session, puis recommencez.",
  },
  keyringRefused: {
    happened: () => "Le trousseau de clés a refusé de donner la clé de vos messages.",
    safe: STORED,
    todo: "Autorisez Pli quand le système le demande, puis recommencez.",
  },
  keyLost: {
    happened: () =>
      "Le trousseau de clés n'a plus la clé de vos messages : ce qui est enregistré sur ce poste ne peut plus être lu.",
    safe: "Rien n'est perdu chez votre opérateur : vos messages y sont toujours.",
    todo: "Faites restaurer le trousseau de votre session, ou commencez un nouveau profil : il recevra vos messages de nouveau.",
  },
  inUse: {
    happened: () => "Pli est déjà ouvert dans cette session.",
    safe: STORED,
    todo: "Utilisez la fenêtre déjà ouverte, ou fermez-la d'abord.",
  },
  storeDamaged: {
    happened: () => "Les messages enregistrés sur ce poste ne peuvent pas être ouverts : le fichier est abîmé.",
    safe: "Vos messages restent chez votre opérateur. Pli n'a rien effacé.",
    todo: "Prévenez la personne qui s'occupe de votre informatique avant toute autre action.",
  },
  storeNewer: {
    happened: () => "Ces messages ont été enregistrés par une version plus récente de Pli.",
    safe: STORED,
    todo: "Installez la dernière version de Pli sur ce poste.",
  },
  diskFull: {
    happened: () => "Le disque de ce poste est plein.",
    safe: STORED,
    todo: "Libérez de la place : Pli reprendra là où il s'est arrêté.",
  },
  diskReadOnly: {
    happened: () => "Pli ne peut pas écrire sur le disque de ce poste.",
    safe: STORED,
    todo: "Vérifiez les droits du dossier de Pli, puis recommencez.",
  },
  journalUnwritable: {
    happened: () => "Le journal des traces n'a pas pu être écrit, donc rien n'a été fait.",
    safe: NOTHING_SENT,
    todo: "Vérifiez la place sur le disque, puis recommencez.",
  },
  badAddress: {
    happened: (about) => named("« ", about, " » n'est pas une adresse.", "Ce n'est pas une adresse."),
    safe: "Rien n'a été envoyé.",
    todo: "Une adresse s'écrit comme prenom.nom@exemple.mssante.fr.",
  },
  outsideTrustSpace: {
    happened: (about) =>
      named("", about, " est hors de l'espace de confiance MSSanté.", "Cette adresse est hors de l'espace de confiance MSSanté."),
    safe: "Rien ne lui a été envoyé.",
    todo: "Utilisez une adresse MSSanté.",
  },
  accountExists: {
    happened: (about) => named("La boîte ", about, " est déjà dans Pli.", "Cette boîte est déjà dans Pli."),
    safe: STORED,
    todo: "Vous la trouverez dans la liste de gauche.",
  },
  noServers: {
    happened: (about) =>
      named("Aucun serveur n'a été trouvé pour ", about, ".", "Aucun serveur n'a été trouvé pour cette adresse."),
    safe: NO_SECRET,
    todo: "Vérifiez l'adresse lettre par lettre. Si elle est juste, demandez à votre opérateur si son service est ouvert.",
  },
  unreachable: {
    happened: (about) => named("", about, " est injoignable.", "Le serveur est injoignable."),
    safe: READABLE,
    todo: "Vérifiez la connexion de ce poste. Pli réessaie de lui-même.",
  },
  timedOut: {
    happened: (about) => named("", about, " n'a pas répondu à temps.", "Le serveur n'a pas répondu à temps."),
    safe: READABLE,
    todo: "Pli réessaie de lui-même.",
  },
  connectionLost: {
    happened: () => "La connexion s'est interrompue.",
    safe: READABLE,
    todo: "Pli reprend de lui-même là où il s'est arrêté.",
  },
  tlsProtocol: {
    happened: (about) =>
      named("", about, " n'offre pas le chiffrement exigé par MSSanté.", "Le serveur n'offre pas le chiffrement exigé par MSSanté."),
    safe: NO_SECRET,
    todo: "Prévenez votre opérateur : la correction est de son côté.",
  },
  certificateExpired: {
    happened: (about) =>
      named("Le certificat de ", about, " n'est plus valable, ou pas encore.", "Le certificat du serveur n'est plus valable, ou pas encore."),
    safe: NO_SECRET,
    todo: "Vérifiez la date de ce poste. Si elle est juste, prévenez votre opérateur.",
  },
  certificateName: {
    happened: (about) =>
      named("Le certificat présenté n'est pas au nom de ", about, ".", "Le certificat du serveur porte un autre nom."),
    safe: NO_SECRET,
    todo: "N'insistez pas et prévenez votre opérateur.",
  },
  certificateUntrusted: {
    happened: (about) =>
      named("Le certificat de ", about, " ne vient pas de l'IGC-Santé.", "Le certificat du serveur ne vient pas de l'IGC-Santé."),
    safe: NO_SECRET,
    todo: "Un réseau (hôtel, antivirus, pare-feu) s'interpose peut-être. Changez de réseau, ou prévenez votre opérateur.",
  },
  certificateRevoked: {
    happened: (about) => named("Le certificat de ", about, " a été révoqué.", "Le certificat du serveur a été révoqué."),
    safe: NO_SECRET,
    todo: "N'insistez pas et prévenez votre opérateur.",
  },
  revocationUnknown: {
    happened: () => "Pli n'a pas pu savoir si le certificat du serveur est toujours valable.",
    safe: NO_SECRET,
    todo: "Réessayez dans quelques minutes. Pli le fera aussi de lui-même.",
  },
  clientCertificate: {
    happened: () => "Le serveur demande un certificat, ou refuse celui de cette boîte.",
    safe: READABLE,
    todo: "Choisissez le certificat de cette boîte, au format .p12 ou .pfx.",
  },
  badPkcs12: {
    happened: () => "Ce fichier de certificat ne s'ouvre pas avec cette phrase de passe.",
    safe: "Le fichier n'a pas été modifié.",
    todo: "Vérifiez que c'est bien un fichier .p12 ou .pfx, et la phrase de passe reçue avec lui.",
  },
  clientCertificateExpired: {
    happened: () => "Le certificat de cette boîte n'est plus valable.",
    safe: READABLE,
    todo: "Demandez un nouveau certificat à votre opérateur ou à l'ANS.",
  },
  loginNeeded: {
    happened: () => "La session de cette boîte est fermée.",
    safe: "Tout reste lisible. Ce qui attend partira après la connexion.",
    todo: "Connectez-vous de nouveau.",
  },
  tokenRefused: {
    happened: () => "L'opérateur n'accepte plus la session ouverte par Pro Santé Connect.",
    safe: "Tout reste lisible. Ce qui attend partira après la connexion.",
    todo: "Connectez-vous de nouveau.",
  },
  loginRefused: {
    happened: (about) =>
      named("L'opérateur refuse votre identité pour la boîte ", about, ".", "L'opérateur refuse votre identité pour cette boîte."),
    safe: STORED,
    todo: "Vérifiez que vous êtes bien l'un des titulaires de cette boîte, ou demandez à votre opérateur.",
  },
  loginCancelled: {
    happened: () => "La connexion a été abandonnée.",
    safe: UNTOUCHED,
    todo: "Recommencez quand vous le souhaitez.",
  },
  loginDenied: {
    happened: () => "La demande de connexion a été refusée.",
    safe: UNTOUCHED,
    todo: "Si vous l'avez refusée parce que le numéro était différent, vous avez bien fait. Sinon, recommencez.",
  },
  loginTimedOut: {
    happened: () => "La page de connexion est restée sans réponse, ou a été fermée.",
    safe: UNTOUCHED,
    todo: "Recommencez : la page s'ouvrira de nouveau dans votre navigateur.",
  },
  loginExpired: {
    happened: () => "Le délai est passé sans votre accord : ce numéro ne vaut plus rien.",
    safe: UNTOUCHED,
    todo: "Si aucune demande n'est arrivée sur votre téléphone, vérifiez votre identifiant. Sinon, recommencez : un nouveau numéro s'affichera.",
  },
  loginMismatch: {
    happened: () => "La réponse du navigateur n'est pas celle de cette connexion.",
    safe: "Pli l'a ignorée : aucune session n'a été ouverte.",
    todo: "Fermez les anciennes pages de connexion, puis recommencez.",
  },
  portTaken: {
    happened: () => "Un autre programme occupe la place où Pli attend la réponse du navigateur.",
    safe: UNTOUCHED,
    todo: "Connectez-vous avec votre téléphone, ou fermez l'autre programme puis recommencez.",
  },
  unknownPerson: {
    happened: (about) =>
      named("Pro Santé Connect ne connaît pas l'identifiant ", about, ".", "Pro Santé Connect ne connaît pas cet identifiant national."),
    safe: UNTOUCHED,
    todo: "Vérifiez-le chiffre par chiffre, et que votre e-CPS est activée. Le navigateur reste possible.",
  },
  phoneUnavailable: {
    happened: () => "La connexion par le téléphone n'est pas proposée ici.",
    safe: UNTOUCHED,
    todo: "Utilisez le navigateur : il permet la carte CPS comme l'application e-CPS.",
  },
  tooManyAttempts: {
    happened: () => "Trop de demandes de connexion ont été faites en peu de temps.",
    safe: UNTOUCHED,
    todo: "Patientez un moment avant de recommencer, ou utilisez l'autre moyen de connexion.",
  },
  otherPerson: {
    happened: (about) =>
      named("Ce profil est celui de ", about, " : une autre personne s'est connectée.", "Une autre personne que celle de ce profil s'est connectée."),
    safe: "Sa session a été fermée aussitôt. Rien de ce profil ne lui a été montré.",
    todo: "Changez de profil, ou demandez à la personne de ce profil de se connecter.",
  },
  pscUnavailable: {
    happened: () => "Pro Santé Connect ne répond pas par ce moyen.",
    safe: "Tout ce qui est reçu reste lisible. Ce qui attend partira après la connexion.",
    todo: "Utilisez l'autre moyen de connexion, ou réessayez dans quelques minutes.",
  },
  loginNotConfigured: {
    happened: () => "L'intermédiaire de votre organisation pour Pro Santé Connect n'est pas réglé sur ce poste.",
    safe: "Tout ce qui est reçu reste lisible. Ce qui attend partira après la connexion.",
    todo: "Indiquez son adresse dans les réglages, ou demandez-la à la personne qui s'occupe de votre informatique.",
  },
  noBrowser: {
    happened: () => "Aucun navigateur n'a pu être ouvert.",
    safe: "La connexion vous attend.",
    todo: "Copiez l'adresse affichée dans le navigateur de votre choix, sur ce poste.",
  },
  protocol: {
    happened: (about) => named("La réponse de ", about, " n'est pas celle attendue.", "La réponse du serveur n'est pas celle attendue."),
    safe: STORED,
    todo: "Pli réessaie de lui-même. Si cela dure, prévenez votre opérateur.",
  },
  refused: {
    happened: () => "Le serveur a refusé cette action.",
    safe: "Rien n'a été changé chez l'opérateur.",
    todo: "Lisez sa réponse ; si elle ne vous aide pas, transmettez-la à votre opérateur.",
  },
  unsupported: {
    happened: () => "Le serveur de votre opérateur ne sait pas faire cela.",
    safe: "Rien n'a été changé chez l'opérateur.",
    todo: "Demandez à votre opérateur si une évolution est prévue.",
  },
  quotaExceeded: {
    happened: (about) => named("La boîte ", about, " est pleine.", "La boîte est pleine."),
    safe: "Rien n'est perdu : ce qui attend est gardé.",
    todo: "Supprimez ou déplacez des messages, en commençant par les plus lourds.",
  },
  noRoomLeft: {
    happened: () => "Il ne reste pas assez de place dans la boîte pour garder la copie de ce message.",
    safe: "Rien n'est parti, et rien n'est perdu.",
    todo: "Supprimez ou déplacez des messages, en commençant par les plus lourds.",
  },
  tooLarge: {
    happened: () => "Ce message dépasse la taille acceptée par votre opérateur.",
    safe: KEPT,
    todo: "Retirez une pièce jointe, ou envoyez-en plusieurs séparément.",
  },
  recipientsRefused: {
    happened: () => "Tous les destinataires ont été refusés.",
    safe: KEPT,
    todo: "Corrigez les adresses, puis renvoyez.",
  },
  messageRefused: {
    happened: () => "L'opérateur a refusé ce message.",
    safe: KEPT,
    todo: "Lisez sa réponse, corrigez, puis renvoyez.",
  },
  draftChanged: {
    happened: () => "Ce brouillon a été modifié dans une autre fenêtre.",
    safe: "Les deux versions existent encore.",
    todo: "Choisissez celle que vous gardez.",
  },
  draftIncomplete: {
    happened: () => "Ce message n'est pas prêt à partir.",
    safe: "Le brouillon est enregistré.",
    todo: "Corrigez ce qui est signalé à droite du texte.",
  },
  alreadyLeft: {
    happened: () => "Trop tard : le message est déjà parti.",
    safe: "Il est dans vos envois, avec le sort de chaque destinataire.",
    todo: "Écrivez un nouveau message pour le corriger.",
  },
  wrongState: {
    happened: () => "Ce n'est plus possible à ce stade.",
    safe: STORED,
    todo: "L'affichage se met à jour : regardez où en est cet élément.",
  },
  fileUnreadable: {
    happened: (about) => named("Le fichier « ", about, " » n'a pas pu être lu.", "Le fichier n'a pas pu être lu."),
    safe: "Votre brouillon est intact.",
    todo: "Vérifiez que le fichier existe toujours et qu'aucun autre programme ne le bloque.",
  },
  fileUnwritable: {
    happened: (about) => named("Le fichier « ", about, " » n'a pas pu être enregistré.", "Le fichier n'a pas pu être enregistré."),
    safe: "La pièce jointe est toujours dans le message.",
    todo: "Choisissez un autre dossier, ou libérez de la place.",
  },
  notDownloaded: {
    happened: () => "Le texte de ce message n'est pas encore sur ce poste.",
    safe: "Le message est chez votre opérateur.",
    todo: "Il arrivera dès que le serveur sera joignable.",
  },
  journalKeys: {
    happened: () => "La clé du journal n'est pas donnée par le trousseau du système.",
    safe: "Aucune trace n'est perdue ; sans journal, Pli ne fait rien chez l'opérateur.",
    todo: "Déverrouillez le trousseau, puis redémarrez Pli. S'il a été remplacé, prévenez le responsable de traitement.",
  },
  exportTooLarge: {
    happened: (about) =>
      /^\d+$/.test(about ?? "")
        ? `C'est trop de traces pour ce format, qui en tient ${count(Number(about))} au plus.`
        : "C'est trop de traces pour ce format.",
    safe: "Rien n'a été écrit.",
    todo: "Choisissez une période plus courte, ou le format CSV ou JSON Lines.",
  },
  notAnExport: {
    happened: (about) => named("« ", about, " » n'est pas un export du journal de Pli.", "Ce fichier n'est pas un export du journal de Pli."),
    safe: "Le fichier n'a pas été modifié.",
    todo: "Choisissez le fichier exporté (.csv, .jsonl ou .pdf), son manifeste à côté de lui.",
  },
  fixedByPolicy: {
    happened: () => "Ce réglage est fixé par le responsable de traitement.",
    safe: "Rien n'a changé.",
    todo: "Demandez-lui s'il doit être revu.",
  },
  outOfRange: {
    happened: (about) => ranges[about ?? ""] ?? "Cette valeur est hors des limites permises.",
    safe: "Rien n'a changé.",
    todo: "Choisissez une valeur parmi celles proposées.",
  },
  purgeNoSentFolder: {
    happened: () => "Aucun dossier de cette boîte n'est désigné comme celui des messages envoyés.",
    safe: NOTHING_SENT,
    todo: "Choisissez ce dossier, puis recommencez.",
  },
  purgeUnsafe: {
    happened: () => "Le serveur de l'opérateur ne sait pas supprimer des messages précis sans risque pour les autres.",
    safe: NOTHING_SENT,
    todo: "Supprimez ces messages depuis le webmail de l'opérateur.",
  },
  purgeReadOnly: {
    happened: () => "Ce dossier est en lecture seule.",
    safe: NOTHING_SENT,
    todo: "Demandez à l'opérateur les droits sur ce dossier.",
  },
  purgeStale: {
    happened: () => "Le serveur a renuméroté ce dossier depuis que le plan a été établi.",
    safe: "Rien de plus n'a été supprimé.",
    todo: "Établissez un nouveau plan.",
  },
  purgeUnderWay: {
    happened: () => "Une purge de cette boîte est déjà en cours.",
    safe: "Elle suit son plan, et rien d'autre ne sera supprimé.",
    todo: "Attendez sa fin, ou arrêtez-la.",
  },
  rulesUnsupported: {
    happened: () => "L'opérateur n'offre pas ces règles sur son serveur.",
    safe: "Rien n'a changé sur le serveur.",
    todo: "Réglez-les depuis le webmail de l'opérateur, s'il le permet.",
  },
  rulesForeign: {
    happened: () => "Des règles écrites par un autre logiciel sont actives sur le serveur.",
    safe: "Elles n'ont pas été modifiées.",
    todo: "Gardez-les, ou désactivez-les depuis le logiciel qui les a écrites.",
  },
  rulesRefused: {
    happened: () => "Le serveur n'a pas accepté ces règles.",
    safe: "Celles qui étaient actives le restent.",
    todo: "Vérifiez ce que vous avez saisi, puis recommencez.",
  },
  redirectTarget: {
    happened: () => "Les messages ne peuvent pas être redirigés vers cette adresse.",
    safe: "Rien n'a changé sur le serveur.",
    todo: "Indiquez une autre boîte MSSanté personnelle, la vôtre.",
  },
  redirectUnconfirmed: {
    happened: () => "Il n'est pas confirmé que la boîte de destination est la vôtre.",
    safe: "Rien n'a changé sur le serveur.",
    todo: "Confirmez-le, puis recommencez.",
  },
  rulesChanged: {
    happened: () => "Les règles ont changé sur le serveur entre-temps.",
    safe: "Elles n'ont pas été remplacées.",
    todo: "Relisez-les, puis recommencez.",
  },
  notABackup: {
    happened: () => "Ce fichier n'est pas une sauvegarde de Pli.",
    safe: STORED,
    todo: "Choisissez un autre fichier.",
  },
  backupDamaged: {
    happened: () => "Cette sauvegarde est abîmée ou incomplète.",
    safe: "Rien n'en a été repris, et rien n'a changé sur ce poste.",
    todo: "Utilisez une autre sauvegarde.",
  },
  backupPassphrase: {
    happened: () => "La phrase de passe n'ouvre pas cette sauvegarde.",
    safe: "Rien n'a changé sur ce poste.",
    todo: "Vérifiez la phrase de passe, puis recommencez.",
  },
  backupNewer: {
    happened: () => "Cette sauvegarde vient d'une version plus récente de Pli.",
    safe: "Rien n'a changé sur ce poste.",
    todo: "Installez cette version, puis recommencez.",
  },
  backupNotEmpty: {
    happened: () => "Une sauvegarde se restaure dans un profil vide.",
    safe: STORED,
    todo: "Dans « Réglages », « Restaurer une sauvegarde », choisissez « Tout un profil » : Pli ouvre un profil neuf. Une boîte qui est déjà ici se retire d'abord.",
  },
};
