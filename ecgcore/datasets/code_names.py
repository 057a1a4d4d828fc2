"""What the databases' diagnosis codes mean, in full names: SNOMED CT numbers of the Challenge databases, the
short words of CPSC 2018, and labels of others.

PTB-XL brings the names of its SCP-ECG statements itself (``PtbXl.code_name``); texts are their own name.
Words that name the absence of something ("brugada=0") have no name: they are no finding.
"""

from __future__ import annotations

NO_FINDING = ""

SNOMED = {
    "10370003": "pacing rhythm",
    "106068003": "atrial rhythm",
    "111975006": "prolonged QT interval",
    "11157007": "ventricular bigeminy",
    "13640000": "fusion beats",
    "164861001": "myocardial ischemia",
    "164865005": "myocardial infarction",
    "164867002": "coronary heart disease",
    "164873001": "left ventricular hypertrophy",
    "164884008": "ventricular ectopic beats",
    "164889003": "atrial fibrillation",
    "164890007": "atrial flutter",
    "164895002": "ventricular tachycardia",
    "164909002": "left bundle branch block",
    "164917005": "abnormal Q wave",
    "164930006": "abnormal ST segment",
    "164931005": "ST elevation",
    "164934002": "abnormal T wave",
    "164947007": "prolonged PR interval",
    "17338001": "ventricular premature beats",
    "195042002": "second degree AV block",
    "195060002": "ventricular pre-excitation",
    "195101003": "wandering atrial pacemaker",
    "233897008": "atrioventricular reentrant tachycardia",
    "251120003": "incomplete left bundle branch block",
    "251146004": "low QRS voltages",
    "251166008": "atrioventricular nodal reentrant tachycardia",
    "251170000": "blocked atrial premature complex",
    "251173003": "atrial bigeminy",
    "251180001": "ventricular trigeminy",
    "251187003": "atrial escape beat",
    "251198002": "clockwise rotation",
    "251199005": "counterclockwise rotation",
    "251223006": "tall P wave",
    "251259000": "high T wave",
    "270492004": "first degree AV block",
    "27885002": "third degree AV block",
    "284470004": "atrial premature complex",
    "365413008": "poor R wave progression",
    "39732003": "left axis deviation",
    "413844008": "chronic myocardial ischemia",
    "425419005": "inferior ischemia",
    "425623009": "lateral ischemia",
    "425856008": "paroxysmal ventricular tachycardia",
    "426177001": "sinus bradycardia",
    "426434006": "anterior ischemia",
    "426627000": "bradycardia",
    "426761007": "supraventricular tachycardia",
    "426783006": "sinus rhythm",
    "427084000": "sinus tachycardia",
    "427172004": "ventricular premature complex",
    "427393009": "sinus arrhythmia",
    "428417006": "early repolarization",
    "428750005": "non-specific ST-T abnormality",
    "429622005": "ST depression",
    "445118002": "left anterior fascicular block",
    "445211001": "left posterior fascicular block",
    "446358003": "right atrial hypertrophy",
    "446813000": "left atrial hypertrophy",
    "47665007": "right axis deviation",
    "54329005": "anterior myocardial infarction",
    "55827005": "left ventricular high voltage",
    "55930002": "ST-T change",
    "57054005": "acute myocardial infarction",
    "59118001": "right bundle branch block",
    "59931005": "T wave inversion",
    "61721007": "clockwise or counterclockwise vectorcardiographic loop",
    "63593006": "supraventricular premature beats",
    "67198005": "paroxysmal supraventricular tachycardia",
    "698252002": "non-specific intraventricular conduction disturbance",
    "713422000": "atrial tachycardia",
    "713426002": "incomplete right bundle branch block",
    "713427006": "complete right bundle branch block",
    "733534002": "complete left bundle branch block",
    "73795002": "acute inferior myocardial infarction",
    "74390002": "Wolff-Parkinson-White pattern",
    "89792004": "right ventricular hypertrophy",
}
"""Numbers of SNOMED CT as the PhysioNet/CinC Challenges 2020 and 2021 use them."""
SHORT = {
    "Normal": "normal ECG",
    "AF": "atrial fibrillation",
    "I-AVB": "first degree AV block",
    "LBBB": "left bundle branch block",
    "RBBB": "right bundle branch block",
    "PAC": "atrial premature complex",
    "PVC": "ventricular premature complex",
    "STD": "ST depression",
    "STE": "ST elevation",
    "NORM": "normal ECG",
    "MI": "myocardial infarction",
    "STTC": "ST-T change",
    "CD": "conduction disturbance",
    "HYP": "hypertrophy",
    "brugada=1": "Brugada pattern",
    "brugada=2": "brugada=2, as published",
    "basal_pattern=1": "Brugada pattern without provocation",
    "sudden_death=1": "sudden death later",
    "acceptable": "acceptable quality",
    "unacceptable": "unacceptable quality",
    "indeterminate": "quality not decided",
    "synthetic": "synthetic recording",
}
"""CPSC 2018's words, the five superclasses of PTB-XL, and labels of Brugada-HUCA,
the Challenge 2011 and TWADB."""


def full_name(code: str) -> str:
    """What a code means; a text is its own name, "" for the absence of something."""
    if code.endswith("=0"):
        return NO_FINDING
    return SNOMED.get(code) or SHORT.get(code) or code.replace("_", " ")
