import FuzzSupport

runFuzzer([
  "manifest": LabTargets.manifest,
  "capture": LabTargets.capture,
  "picture": LabTargets.picture,
  "virtualbox": LabTargets.virtualBox,
  "trace": LabTargets.trace,
  "state": LabTargets.state,
  "journal": LabTargets.journal,
  "programs": LabTargets.programs,
])
