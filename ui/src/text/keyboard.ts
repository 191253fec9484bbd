/** Every key, for the help. Written as chords; the help shows them as on the keyboard. */
export const keyboard = {
  title: "Toutes les touches",
  letters: "Les lettres seules n'agissent qu'en dehors d'un champ de texte. On peut les couper dans les réglages.",
  groups: [
    {
      name: "Partout",
      keys: [
        ["n", "Écrire"],
        ["/", "Rechercher"],
        ["g t", "Aller à Tous"],
        ["g e", "Aller aux envois"],
        ["g j", "Aller au journal"],
        ["g d", "Changer de dossier"],
        ["g r", "Aller aux brouillons"],
        ["g s", "Aller aux réglages"],
        ["g b", "Réglages de la boîte"],
        ["Ctrl+z", "Annuler la dernière action"],
        ["F5", "Relever maintenant"],
        ["Ctrl+l", "Verrouiller"],
        ["Ctrl+Shift+s", "Se connecter, se reconnecter"],
        ["Ctrl+Shift+p", "Changer de profil"],
        ["Escape", "Fermer, revenir, quitter la sélection"],
        ["?", "Toutes les touches"],
      ],
    },
    {
      name: "Liste",
      keys: [
        ["ArrowUp", "Message précédent (ou K)"],
        ["ArrowDown", "Message suivant (ou J)"],
        ["Enter", "Ouvrir"],
        [" ", "Sélectionner"],
        ["Shift+ArrowDown", "Étendre la sélection"],
        ["Ctrl+a", "Tout sélectionner"],
        ["Home", "Premier message"],
        ["End", "Dernier message"],
      ],
    },
    {
      name: "Message",
      keys: [
        ["r", "Répondre"],
        ["a", "Répondre à tous"],
        ["Shift+t", "Transférer"],
        ["m", "Déplacer"],
        ["Delete", "Supprimer"],
        ["u", "Lu, non lu"],
        ["s", "Suivre"],
        ["p", "Imprimer"],
        ["Ctrl+1", "Onglet Message"],
        ["Ctrl+2", "Onglet Pièces jointes"],
      ],
    },
    {
      name: "Boîte partagée",
      keys: [
        ["c", "Prendre en charge, ou ne plus"],
        ["t", "Traité, ou plus traité"],
        ["i", "Confier à quelqu'un"],
        ["o", "Note d'une ligne"],
      ],
    },
    {
      name: "Écrire",
      keys: [
        ["Ctrl+Enter", "Envoyer"],
        ["Ctrl+j", "Joindre un fichier"],
        ["Ctrl+z", "Reprendre un message qui n'est pas encore parti"],
        ["Escape", "Fermer, le brouillon est gardé"],
      ],
    },
    {
      name: "Connexion et verrou",
      keys: [
        ["Ctrl+e", "Utiliser le téléphone (e-CPS)"],
        ["Ctrl+b", "Utiliser le navigateur"],
        ["Enter", "Déverrouiller"],
        ["Escape", "Abandonner la connexion"],
      ],
    },
    {
      name: "Envois",
      keys: [
        ["Shift+r", "Réessayer un envoi"],
        ["Enter", "Voir le message"],
        ["p", "Imprimer la preuve"],
      ],
    },
    {
      name: "Place, purge et règles",
      keys: [
        ["Ctrl+Enter", "Voir le plan, puis supprimer ; enregistrer les règles"],
        [" ", "Suspendre, reprendre une purge"],
        ["p", "Imprimer le compte rendu d'une purge"],
      ],
    },
    {
      name: "Journal",
      keys: [
        ["f", "Filtrer"],
        ["Shift+f", "Effacer les filtres"],
        ["Shift+ArrowDown", "Jour plus ancien"],
        ["Shift+ArrowUp", "Jour plus récent"],
        ["d", "Aller à un jour"],
        ["r", "Montrer les nouvelles traces"],
        ["l", "Vie du message"],
        ["v", "Vérifier la chaîne"],
        ["x", "Exporter"],
        ["Shift+v", "Vérifier un export"],
      ],
    },
  ] as { name: string; keys: [string, string][] }[],
};
