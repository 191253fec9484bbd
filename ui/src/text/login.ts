import type { Channel, LockReason } from "../backend";
import { span } from "./dates";

const numbers = ["Zéro", "Un", "Deux", "Trois", "Quatre", "Cinq", "Six", "Sept", "Huit", "Neuf"];

/** Two digits as they are said: « Quatre, sept ». */
function said(digits: string): string {
  const words = [...digits].map((digit) => numbers[Number(digit)] ?? digit);
  return [words[0] ?? "", ...words.slice(1).map((word) => word.toLowerCase())].join(", ");
}

const channels: Record<Channel, string> = { mobile: "e-CPS sur mon téléphone", card: "Carte CPS dans le lecteur" };

/** The login by Pro Santé Connect: the form, the two digits, the browser, what went wrong. */
export const login = {
  title: "Connectez-vous avec Pro Santé Connect",
  phoneTitle: "Approuvez ce numéro sur votre téléphone",
  cardTitle: "Approuvez ce numéro avec votre carte CPS",
  browserTitle: "Continuez dans votre navigateur",
  failedTitle: "La connexion n'a pas abouti",
  again: "Se reconnecter",
  who: (name: string | null, id: string) => (name ? `${name}, identifiant ${id}` : `Identifiant ${id}`),
  change: "Changer",
  steps: {
    identify: "Indiquez votre identifiant national, une fois pour toutes.",
    open: {
      mobile: "Ouvrez l'application **e-CPS**. Une demande de « Pli » vous y attend.",
      card: "Insérez votre **carte CPS** dans le lecteur. Une demande de « Pli » vous y attend.",
    } satisfies Record<Channel, string> as Record<Channel, string>,
    check: {
      mobile: "Vérifiez que le numéro est le même, puis saisissez votre code e-CPS.",
      card: "Vérifiez que le numéro est le même, puis saisissez le code de votre carte.",
    } satisfies Record<Channel, string> as Record<Channel, string>,
    browserOpen: "La page de **Pro Santé Connect** s'ouvre dans votre navigateur.",
    browserApprove: "Approuvez avec votre application e-CPS ou votre carte CPS.",
    browserBack: "Revenez ici : Pli continue de lui-même.",
  },
  different: "Si le numéro affiché sur le téléphone est différent, refusez la demande : elle ne vient pas de ce poste.",
  oneForAll: "Une seule connexion ouvre toutes vos boîtes, jusqu'à la fin de votre session.",
  browserNote: "Pli ne voit ni votre carte, ni votre code : tout se passe entre vous et Pro Santé Connect.",
  idLabel: "Identifiant national (RPPS)",
  idHint: "11 chiffres, avec ou sans le 8 devant. Pli s'en souviendra.",
  idMissing: (missing: number) => (missing === 1 ? "Encore un chiffre." : `Encore ${missing} chiffres.`),
  idTooMany: (extra: number) => (extra === 1 ? "Un chiffre de trop." : `${extra} chiffres de trop.`),
  idWrongKey: "Un chiffre n'est sans doute pas le bon : la clé de ce numéro ne correspond pas.",
  idGood: "Ce numéro est bien formé.",
  channel: "Donner votre accord avec",
  channels,
  phone: { mobile: "Recevoir la demande", card: "Continuer avec la carte" } satisfies Record<Channel, string> as Record<Channel, string>,
  asking: "Demande en cours…",
  noPhone: "Pas de téléphone sous la main ?",
  browser: "Utiliser le navigateur",
  usePhone: "Utiliser le téléphone",
  certificate: "Boîte d'organisation, par certificat",
  later: "Plus tard",
  laterWhy: "Vos messages déjà reçus sont lisibles sans connexion.",
  cancel: "Annuler",
  compare: "Numéro à comparer",
  said,
  waiting: "En attente de votre accord",
  left: (seconds: number) => `encore ${span(seconds)}`,
  /** What a screen reader hears now and then. */
  told: (digits: string, seconds: number) => `Numéro à comparer : ${said(digits).toLowerCase()}. Il reste ${span(seconds)}.`,
  toldLeft: (seconds: number) => `Il reste ${span(seconds)}.`,
  byHand: "La page ne s'est pas ouverte ? Copiez cette adresse dans un navigateur de ce poste.",
  url: "Adresse à ouvrir",
  copy: "Copier l'adresse",
  copied: "Adresse copiée",
  retry: "Recommencer",
  retryIn: (seconds: number) => `Recommencer dans ${span(seconds)}`,
  correct: "Corriger l'identifiant",
  otherProfile: "Changer de profil",
  provider: "Indiquer l'adresse de l'intermédiaire",
  available: "Service Pro Santé Connect disponible",
  unavailable: "Service Pro Santé Connect injoignable",
  notSet: "Pro Santé Connect n'est pas réglé sur ce poste",
  checking: "Service Pro Santé Connect…",
  terms: "Conditions d'utilisation",
  help: "Aide à la connexion",
  hello: (name: string) => `Bonjour ${name}`,
  helpParts: [
    {
      title: "Avec le téléphone (e-CPS)",
      lines: [
        "Pli affiche deux chiffres. L'application e-CPS de votre téléphone affiche la même demande, avec les mêmes chiffres : approuvez, puis saisissez votre code e-CPS.",
        "Si les chiffres sont différents, refusez : la demande ne vient pas de ce poste.",
        "L'application e-CPS s'active une seule fois, sur le portail de l'Agence du Numérique en Santé (wallet.esw.esante.gouv.fr).",
      ],
    },
    {
      title: "Avec la carte CPS",
      lines: [
        "Choisissez « Carte CPS dans le lecteur », ou passez par le navigateur. La carte demande son lecteur et le logiciel de l'ANS (Cryptolib CPS) sur ce poste.",
      ],
    },
    {
      title: "Avec le navigateur",
      lines: [
        "La page de Pro Santé Connect s'ouvre dans votre navigateur habituel. Elle propose l'e-CPS et la carte CPS. Une fois l'accord donné, revenez à Pli : vous pouvez fermer la page.",
        "Si rien ne s'ouvre, Pli montre l'adresse à copier, dans un navigateur de ce poste.",
      ],
    },
    {
      title: "Votre identifiant national",
      lines: [
        "C'est votre numéro RPPS : 11 chiffres, inscrits sur votre carte CPS. Pro Santé Connect l'écrit avec un 8 devant : les deux conviennent.",
      ],
    },
    {
      title: "La session",
      lines: [
        "Elle dure quatre heures au plus. À la fin, vos messages restent lisibles, vos brouillons sont gardés et ce qui attend partira après la prochaine connexion.",
        "Si Pro Santé Connect ne répond pas, essayez l'autre moyen de connexion, ou revenez dans quelques minutes.",
      ],
    },
  ],
};

const reasons: Record<LockReason, (minutes: number) => string> = {
  demand: () => "à votre demande",
  inactivity: (minutes) => (minutes === 1 ? "après 1 minute sans activité" : `après ${minutes} minutes sans activité`),
  sleep: () => "à la mise en veille du poste",
  sessionEnd: () => "à la fin de votre session Pro Santé Connect",
  start: () => "depuis le démarrage",
};

/** The lock: its screen and its settings. */
export const lock = {
  title: "Pli est verrouillé",
  closing: "Verrouillage…",
  locking: "Verrouiller",
  why: (who: string | null, hour: string, reason: LockReason, minutes: number) => {
    const since = reason === "start" ? "verrouillé au démarrage" : `depuis ${hour}, ${(reasons[reason] ?? reasons.demand)(minutes)}`;
    return who ? `${who} · ${since}` : since.charAt(0).toUpperCase() + since.slice(1);
  },
  pin: "Code de déverrouillage",
  passphrase: "Phrase de passe",
  unlock: "Déverrouiller",
  unlocking: "Vérification…",
  byPhone: "Déverrouiller avec le téléphone",
  byBrowser: "Utiliser le navigateur",
  open: "Ouvrir Pli",
  wait: (seconds: number) => `Prochain essai dans ${span(seconds)}.`,
  waitWhy: "Trop d'essais : l'attente grandit à chaque fois. Rien n'est effacé.",
  encrypted: "Vos messages sont chiffrés sur ce poste. Rien n'est lisible tant que Pli est verrouillé.",
  draft: (hour: string) => `Un brouillon est en sécurité, enregistré à ${hour}.`,
  waiting: (count: number) =>
    count === 1 ? "Un envoi attend. Il partira après le déverrouillage." : `${count} envois attendent. Ils partiront après le déverrouillage.`,
  logout: "Fermer la session",
  loggedOut: "Session Pro Santé Connect fermée. Pli reste verrouillé.",
  switch: "Changer de profil",
  settings: "Verrouillage",
  after: "Verrouiller après",
  minutes: (minutes: number) => (minutes === 1 ? "1 minute sans activité" : `${minutes} minutes sans activité`),
  longest: (minutes: number) => `Au plus ${minutes} minutes.`,
  fixed: "Ce délai est fixé par votre organisation.",
  atEnd: "Verrouiller à la fin de la session Pro Santé Connect",
  atEndWhy: "Sans cela, vos messages restent lisibles jusqu'au verrouillage.",
  atEndFixed: "Ce choix est fait par votre organisation.",
  always: "Pli se verrouille aussi à votre demande et à la mise en veille du poste.",
  pinTitle: "Code de déverrouillage",
  pinNone: "Aucun code : seule une connexion par Pro Santé Connect déverrouille Pli.",
  pinSome: "Un code déverrouille Pli sur ce poste, sans nouvelle connexion.",
  pinPassphrase: "Sur ce poste, votre phrase de passe déverrouille Pli.",
  pinSet: "Choisir un code…",
  pinChange: "Changer le code…",
  pinRemove: "Retirer le code…",
  pinCurrent: "Code actuel",
  pinNew: "Nouveau code",
  pinAgain: "Le même, une seconde fois",
  pinRule: "De 4 à 64 caractères.",
  pinShort: "Encore un peu court : quatre caractères au moins.",
  pinDiffers: "Les deux ne sont pas les mêmes.",
  pinSave: "Enregistrer le code",
  pinDrop: "Retirer le code",
  pinSaved: "Code enregistré",
  pinDropped: "Code retiré",
  saved: "Réglage du verrouillage enregistré",
};
