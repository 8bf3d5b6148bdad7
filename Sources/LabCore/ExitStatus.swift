/// Every exit status of `pilab`; the numbers from 64 to 78 are those of sysexits.h.
public enum ExitStatus: Int32, Sendable, CaseIterable {
  case success = 0
  case exchangeFailed = 1
  case environmentUnfit = 2
  case nothingJudged = 3
  case usage = 64
  case manifestInvalid = 65
  case inputMissing = 66
  case labUnavailable = 69
  case internalError = 70
  case outputRefused = 73
  case labInUse = 75
  case commandNotFound = 127
  case hungUp = 129
  case interrupted = 130
  case terminated = 143
  case processorTime = 152

  public var meaning: String {
    switch self {
    case .success: "every exchange delivered an identical image; with test: nothing failed"
    case .exchangeFailed:
      "an exchange failed, its image differs, or a capture refutes it; see the report; with test: a cell failed"
    case .environmentUnfit: "this machine cannot run the lab now; see pilab doctor"
    case .nothingJudged: "pilab test: no cell was judged: all were skipped or inconclusive"
    case .usage: "wrong arguments"
    case .manifestInvalid: "the manifest is not valid"
    case .inputMissing: "the manifest or an image is missing or unreadable"
    case .labUnavailable:
      "the lab is not up, is broken, or differs from what was asked for; see pilab status"
    case .internalError: "a bug in pilab"
    case .outputRefused:
      "the output exists already or cannot be written; a run that is done is kept, and told where"
    case .labInUse: "another pilab runs this lab"
    case .commandNotFound: "pilab exec: the board has no such command, or cannot start it"
    case .hungUp: "the terminal went away (SIGHUP); the lab is as it was found"
    case .interrupted: "interrupted (SIGINT); the lab is as it was found"
    case .terminated: "told to stop (SIGTERM); the lab is as it was found"
    case .processorTime:
      "the processor time of ulimit -t is used up (SIGXCPU); the lab is as it was found"
    }
  }

  /// One line for each status, for `pilab --help`.
  public static var table: String {
    allCases.map { status in
      let number = String(status.rawValue)
      return String(repeating: " ", count: 5 - number.count) + "\(number)  \(status.meaning)"
    }.joined(separator: "\n")
  }
}
