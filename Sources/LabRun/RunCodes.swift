import LabCore

//  Why a run, or something done to a lab, could not be done. A failing exchange is no such error: it has its place in
//  the report.

/// Of the machine that pilab runs on.
extension LabError.Code {
  static let boardFull = Self("board_full")
  static let boardProgramsMissing = Self("board_programs_missing")
  static let captureUnreadable = Self("capture_unreadable")
  static let diskFull = Self("disk_full")
  static let fileUnreadable = Self("file_unreadable")
  static let journalDamaged = Self("journal_damaged")
  static let journalFailed = Self("journal_failed")
  static let lockFailed = Self("lock_failed")
  static let pictureFailed = Self("picture_failed")
  static let pskUnusable = Self("psk_unusable")
  static let reportFailed = Self("report_failed")
  /// A capture that is read by another program cannot begin.
  static let streamFailed = Self("output_failed")
}

/// Of what the caller asks for.
extension LabError.Code {
  package static let imageMissing = Self("image_missing", .inputMissing)
  /// It cannot become pixels.
  static let imageNoPicture = Self("image_no_picture", .inputMissing)
  static let imageUnreadable = Self("image_unreadable", .inputMissing)
  static let imageUnsized = Self("image_unsized", .inputMissing)
  /// A manifest without exchanges.
  static let nothingToRun = Self("nothing_to_run", .usage)
  static let noSuchExchange = Self("no_such_exchange", .usage)
  static let sweepChanged = Self("sweep_changed", .usage)
  /// There is no sweep that could go on.
  static let noSweep = Self("nothing_to_resume", .usage)
  static let nothingToCompare = Self("nothing_to_compare", .usage)
  static let tooFewRepeats = Self("too_few_repeats", .usage)
  static let nothingToResume = Self("nothing_to_resume", .inputMissing)
  package static let outputFailed = Self("output_failed", .outputRefused)
  package static let outputRefused = Self("output_refused", .outputRefused)
}

/// Of a lab.
extension LabError.Code {
  static let labDiffers = Self("lab_differs", .labUnavailable)
  static let labInUse = Self("lab_in_use", .labInUse)
  static let labLeftOver = Self("lab_left_over", .labUnavailable)
  static let labNotLeftOver = Self("lab_not_left_over", .labUnavailable)
  static let labNotRemoved = Self("lab_not_removed")
  package static let labNotUp = Self("lab_not_up", .labUnavailable)
  static let labRenamed = Self("lab_renamed", .labUnavailable)
  static let labWentDown = Self("lab_went_down", .labUnavailable)
  static let labFolderFailed = Self("lab_folder_failed")
  /// Nothing can be written where the lab's folder is to be.
  static let labFolderRefused = Self("lab_folder_failed", .outputRefused)
  static let stateUnreadable = Self("state_unreadable", .labUnavailable)
  static let stateUnwritable = Self("state_unwritable", .outputRefused)
  /// Told to stop, pilab could not take away what it had made.
  static let labLeft = Self("lab_left", .labUnavailable)
}

/// Of runs that are kept.
extension LabError.Code {
  package static let noRun = Self("no_run", .inputMissing)
  static let noSuchRun = Self("no_such_run", .inputMissing)
  static let pruneFailed = Self("prune_failed", .outputRefused)
  static let reportUnreadable = Self("report_unreadable", .inputMissing)
  static let runAmbiguous = Self("run_ambiguous", .usage)
  static let runUnreadable = Self("run_unreadable", .inputMissing)
}

extension LabError {
  /// A lab that is broken tells how to get rid of it.
  func inLab(_ lab: String) -> LabError {
    guard code == .broken else { return self }
    var error = self
    error.message = "lab '\(lab)' is broken: \(message)"
    error.hint = "remove what is left of it: pilab down --lab \(lab)"
    return error
  }

  /// Told to stop, pilab could not take away what it had made.
  static func left(_ lab: String, _ failure: LabError) -> LabError {
    LabError(
      .labLeft, "told to stop, but lab '\(lab)' could not be taken away: \(failure.message)",
      board: failure.board, step: failure.step, hint: failure.hint, cause: failure.cause)
  }

  /// Something of the lab is left although it should not be.
  package var isLeftover: Bool { code == .labLeft }
}
