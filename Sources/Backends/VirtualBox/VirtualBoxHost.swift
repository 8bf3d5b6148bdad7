import Foundation
import HostKit
import LabCore

/// A VirtualBox of this machine.
struct VirtualBoxHost: Sendable {
  let manage: VBoxManage
  let version: VBoxVersion
  let places: VBoxPlaces

  /// What VirtualBox's programs are told of the user.
  private static let variables = [
    "HOME", "USER", "LOGNAME", "TMPDIR", "VBOX_USER_HOME", "VBOX_IPC_SOCKETID",
    "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "SYSTEMROOT", "USERPROFILE", "APPDATA", "LOCALAPPDATA",
  ]

  /// - Throws: `.unavailable`: missing, too old, or without an answer.
  static func open(
    command: String?, environment: [String: String], tools: Tool,
    timeout: Duration = .seconds(60)
  ) async throws(LabError) -> VirtualBoxHost {
    let places = VBoxPlaces(environment: environment, tools: tools)
    let manage = VBoxManage(
      command: try places.manage(command), tools: tools,
      environment: environment.filter { variables.contains($0.key) }, timeout: timeout)
    let answer: String
    do { answer = try await manage.ask(["--version"]) } catch {
      throw error.failure(.unavailable, "VirtualBox does not answer", step: "probe")
    }
    guard let version = VBoxVersion(answer) else {
      throw LabError(
        .unavailable, "\(manage.command) does not tell its version", step: "probe",
        hint: "is it VirtualBox's VBoxManage?", cause: String(answer.prefix(200)))
    }
    guard version >= .oldest else {
      throw LabError(
        .unavailable, "VirtualBox \(version) is too old", step: "probe",
        hint: "install VirtualBox \(VBoxVersion.oldest) or later")
    }
    return VirtualBoxHost(manage: manage, version: version, places: places)
  }

  /// Whether its service answers; `--version` does without.
  func checkService() async throws(LabError) {
    do { _ = try await manage.ask(["list", "hostinfo"]) } catch {
      throw error.failure(.unavailable, "VirtualBox's service does not answer", step: "probe")
    }
  }

  // MARK: Driver

  enum Driver: Sendable, Equatable {
    case loaded
    case missing(String)
  }

  /// VBoxHeadless opens the driver before it looks at its arguments.
  func driver() async -> Driver {
    guard let headless = places.sibling("VBoxHeadless", of: manage.command) else {
      return .missing("there is no VBoxHeadless beside \(manage.command)")
    }
    do {
      let outcome = try await manage.tools.run(
        [headless, "--version"], environment: manage.variables, standing: .ownSession)
      let words = outcome.output + "\n" + outcome.errors
      guard !outcome.succeeded, let reason = Self.driverRefusal(words) else { return .loaded }
      return .missing(reason)
    } catch {
      return .missing("cannot run \(headless): \(ErrorWords.words(of: error))")
    }
  }

  /// Whether the words are those of a program that cannot reach VirtualBox's driver, or the wrong one.
  static func driverRefusal(_ words: String) -> String? {
    let reasons = [
      ("-1908", "VERR_VM_DRIVER_NOT_INSTALLED (-1908): the kernel module vboxdrv is not loaded"),
      (
        "VERR_VM_DRIVER_NOT_INSTALLED",
        "VERR_VM_DRIVER_NOT_INSTALLED (-1908): the kernel module vboxdrv is not loaded"
      ),
      ("-1909", "VERR_VM_DRIVER_NOT_ACCESSIBLE (-1909): this user may not open /dev/vboxdrv"),
      (
        "VERR_VM_DRIVER_NOT_ACCESSIBLE",
        "VERR_VM_DRIVER_NOT_ACCESSIBLE (-1909): this user may not open /dev/vboxdrv"
      ),
      ("-1912", "VERR_VM_DRIVER_VERSION_MISMATCH (-1912): the kernel module is of another version"),
      (
        "VERR_VM_DRIVER_VERSION_MISMATCH",
        "VERR_VM_DRIVER_VERSION_MISMATCH (-1912): the kernel module is of another version"
      ),
      ("-1907", "VERR_VM_DRIVER_LOAD_ERROR (-1907): the kernel module does not load"),
    ]
    return reasons.first { words.contains($0.0) }?.1
  }

  static var driverRemedy: String {
    "sudo modprobe vboxdrv   (not built for this kernel: \(Remedy.install(["vboxdrv"])), or sudo "
      + "/sbin/vboxconfig; refused under Secure Boot: sign it, see vbox/README.md)"
  }

  // MARK: Without driver

  /// What starts machines without the driver.
  struct Driverless: Sendable {
    /// Absolute paths.
    var machine: String
    var display: String
  }

  /// - Throws: `.unavailable`, saying what is missing.
  func driverless() throws(LabError) -> Driverless {
    guard places.system == .linux, version >= .driverless else {
      throw LabError(
        .unavailable, "only VirtualBox 7 on Linux starts machines without its driver",
        step: "probe",
        hint: Self.driverRemedy)
    }
    guard let machine = places.sibling("VirtualBoxVM", of: manage.command) else {
      throw LabError(
        .unavailable, "VirtualBoxVM, which starts machines without the driver, is not installed",
        step: "probe", hint: Remedy.install(["VirtualBoxVM"]))
    }
    guard let display = places.sibling("xvfb-run", of: manage.command) else {
      throw LabError(
        .unavailable, "xvfb-run, for machines without the driver, is not installed",
        step: "probe", hint: Remedy.install(["xvfb-run"]))
    }
    return Driverless(machine: machine, display: display)
  }
}
