//! What the colleagues of the samples write about: a table a specialty.

/// A specialist and what that specialist writes.
pub(crate) struct Specialty {
    pub(crate) sender: &'static str,
    pub(crate) subject: &'static str,
    pub(crate) reasons: &'static [&'static str],
    pub(crate) findings: &'static [&'static str],
    pub(crate) conclusions: &'static [&'static str],
}

pub(crate) const SPECIALTIES: [Specialty; 9] = [
    Specialty {
        sender: "Dr_Hélène_VASSEROT_Cardiologie <helene.vasserot@beta.mssante.test>",
        subject: "Consultation de cardiologie",
        reasons: &[
            "pour une dyspnée d'effort apparue depuis deux mois",
            "dans le cadre du suivi de sa fibrillation auriculaire",
            "pour un bilan avant intervention orthopédique",
            "pour des palpitations nocturnes sans malaise",
        ],
        findings: &[
            "L'ECG s'inscrit en rythme sinusal à 72/min, sans trouble de la repolarisation. La pression artérielle est à 138/82 mmHg aux deux bras.",
            "L'échographie montre un ventricule gauche non dilaté, une fraction d'éjection à 58 %, une oreillette gauche à 38 ml/m². Pas de valvulopathie significative.",
            "Fibrillation auriculaire bien ralentie à 78/min. Pas de signe d'insuffisance cardiaque. Les mollets sont souples.",
            "Le Holter sur 24 heures retrouve 312 extrasystoles supraventriculaires isolées, sans passage en arythmie.",
        ],
        conclusions: &[
            "Je ne modifie pas le traitement et je la reverrai dans un an.",
            "Je propose d'introduire du bisoprolol 1,25 mg le matin, à adapter selon la tolérance.",
            "Pas de contre-indication cardiologique à l'intervention. Interrompre l'anticoagulant 48 heures avant le geste.",
            "Un contrôle du ionogramme et de la créatinine est souhaitable dans trois semaines.",
        ],
    },
    Specialty {
        sender: "Dr_Samir_HADJERES_Diabétologie <samir.hadjeres@beta.mssante.test>",
        subject: "Suivi du diabète de type 2",
        reasons: &[
            "pour un déséquilibre glycémique",
            "pour sa visite annuelle",
            "après un épisode d'hypoglycémie",
        ],
        findings: &[
            "L'HbA1c est à 8,4 % contre 7,6 % il y a six mois. Le poids est stable à 87 kg.",
            "Le carnet montre des glycémies à jeun entre 1,30 et 1,75 g/l. Les pouls périphériques sont perçus, le monofilament est normal.",
            "La capture continue du glucose donne 61 % du temps dans la cible et 4 % au-dessous de 70 mg/dl.",
        ],
        conclusions: &[
            "J'ajoute un analogue du GLP-1 en injection hebdomadaire, à débuter à la plus faible dose.",
            "Je diminue la basale de quatre unités et je demande un fond d'œil.",
            "Merci de renouveler les bandelettes et de programmer un bilan rénal avec rapport albuminurie sur créatininurie.",
        ],
    },
    Specialty {
        sender: "Dr_Élise_MONTFERRIER_Dermatologie <elise.montferrier@alpha.mssante.test>",
        subject: "Avis dermatologique",
        reasons: &[
            "pour une lésion pigmentée du dos",
            "pour un eczéma des mains",
            "pour des kératoses du cuir chevelu",
        ],
        findings: &[
            "La dermatoscopie retrouve un réseau régulier, sans voile ni point noir. Le reste du tégument est sans particularité.",
            "Lésions érythémato-squameuses fissuraires des paumes, sans atteinte unguéale. Tests épicutanés à prévoir.",
            "Plusieurs kératoses actiniques traitées ce jour par cryothérapie.",
        ],
        conclusions: &[
            "Surveillance annuelle et photographies de référence conservées.",
            "Dermocorticoïde d'activité forte une fois par jour pendant quinze jours, puis deux fois par semaine.",
            "Exérèse programmée sous anesthésie locale ; je vous adresserai l'anatomopathologie.",
        ],
    },
    Specialty {
        sender: "Dr_Bruno_CARRELAS_Orthopédie <bruno.carrelas@beta.mssante.test>",
        subject: "Compte rendu de consultation d'orthopédie",
        reasons: &[
            "pour une gonalgie droite mécanique",
            "à six semaines d'une prothèse de hanche",
            "pour une épaule douloureuse",
        ],
        findings: &[
            "La flexion est limitée à 110°, sans laxité. Les clichés montrent un pincement fémorotibial interne.",
            "La cicatrice est propre, la marche se fait sans canne, l'appui monopodal est tenu.",
            "Conflit sous-acromial avec un test de Jobe douloureux. La force est conservée.",
        ],
        conclusions: &[
            "Infiltration proposée, avec quinze séances de rééducation.",
            "La reprise de la conduite est possible. Prochain contrôle radiographique à un an.",
            "Une imagerie par résonance magnétique est demandée avant toute décision.",
        ],
    },
    Specialty {
        sender: "Dr_Agnès_PRUNEVAL_Pneumologie <agnes.pruneval@beta.mssante.test>",
        subject: "Explorations fonctionnelles respiratoires",
        reasons: &[
            "pour une toux chronique",
            "pour le suivi de son asthme",
            "pour un bilan de BPCO",
        ],
        findings: &[
            "Le VEMS est à 64 % de la théorique, le rapport de Tiffeneau à 0,62, sans réversibilité.",
            "Spirométrie normale. Test à la métacholine négatif.",
            "L'asthme est contrôlé, un seul recours au traitement de secours dans le mois.",
        ],
        conclusions: &[
            "Je propose une double bronchodilatation et une réhabilitation. La vaccination antigrippale est à jour.",
            "Le traitement de fond peut être réduit d'un palier.",
            "Je demande une oxymétrie nocturne et un scanner thoracique sans injection.",
        ],
    },
    Specialty {
        sender: "Dr_Victor_LESCHAMPS_Neurologie <victor.leschamps@alpha.mssante.test>",
        subject: "Consultation de neurologie",
        reasons: &[
            "pour des céphalées récurrentes",
            "pour une plainte de la mémoire",
            "pour un tremblement de repos",
        ],
        findings: &[
            "L'examen neurologique est normal, le fond d'œil aussi. Huit jours de céphalée par mois.",
            "Le MMSE est à 26/30, avec une difficulté au rappel libre améliorée par l'indiçage.",
            "Tremblement de repos asymétrique, roue dentée au poignet droit, ballant diminué.",
        ],
        conclusions: &[
            "Un traitement de fond par bêta-bloquant est proposé, avec un agenda des crises.",
            "Bilan neuropsychologique et IRM demandés ; je la revois avec les résultats.",
            "J'introduis la lévodopa à doses progressives. Une consultation de kinésithérapie est utile.",
        ],
    },
    Specialty {
        sender: "Service des urgences, hôpital Sainte-Aure <urgences@alpha.mssante.test>",
        subject: "Passage aux urgences",
        reasons: &[
            "pour une chute à domicile",
            "pour des douleurs abdominales",
            "pour une fièvre à 39,2 °C",
        ],
        findings: &[
            "Constantes stables, Glasgow 15. Plaie du cuir chevelu suturée par quatre points. Le scanner cérébral est sans lésion.",
            "Abdomen souple, CRP à 12 mg/l. L'échographie élimine une lithiase.",
            "Pyélonéphrite simple. Hémocultures prélevées, ECBU en cours.",
        ],
        conclusions: &[
            "Retour à domicile avec surveillance. Ablation des fils à J8 par vos soins.",
            "Consulter de nouveau en cas de fièvre ou de vomissements.",
            "Céfixime pendant sept jours, à réévaluer avec l'antibiogramme qui vous sera transmis.",
        ],
    },
    Specialty {
        sender: "Cabinet infirmier des Peupliers <infirmiers.peupliers@alpha.mssante.test>",
        subject: "Point infirmier",
        reasons: &[
            "pour le pansement de sa jambe",
            "pour la surveillance tensionnelle",
            "pour ses injections",
        ],
        findings: &[
            "L'ulcère mesure 3 × 2 cm contre 4 × 3 il y a deux semaines. Bourgeonnement net, peu d'exsudat.",
            "Trois relevés au-dessus de 160/95 cette semaine, sans symptôme.",
            "Le point d'injection est souple. Le patient se plaint de vertiges au lever.",
        ],
        conclusions: &[
            "Pouvez-vous renouveler la prescription de compression ?",
            "Merci de nous dire si vous souhaitez avancer la consultation.",
            "Nous restons à votre disposition pour une photographie par ce même canal.",
        ],
    },
    Specialty {
        sender: "Pharmacie de la Halle <pharmacie.halle@beta.mssante.test>",
        subject: "Question sur une ordonnance",
        reasons: &[
            "à propos de son ordonnance de ce matin",
            "à propos d'une rupture d'approvisionnement",
        ],
        findings: &[
            "L'association de tramadol et de sertraline figure sur l'ordonnance. Le patient signale aussi du millepertuis.",
            "La forme 850 mg est indisponible jusqu'à la fin du mois.",
        ],
        conclusions: &[
            "Souhaitez-vous maintenir la délivrance ou substituer ?",
            "Pouvons-nous délivrer deux comprimés de 500 mg matin et soir en attendant ?",
        ],
    },
];
