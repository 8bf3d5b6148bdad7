import Foundation
import LabCore
import VMKit

//  .vdi ── createmedium --diffparent ──▶ disk-N.vdi of each board; the file itself is only read
//  .ova ── import, once ──▶ base machine ── snapshot ── clonevm --options link ──▶ each board

/// Prepares what boards with a disk of the user's boot from.
struct UserDisks: Sendable {
  let plan: LabPlan
  let record: LabRecord
  let host: VirtualBoxHost

  private var names: VirtualBoxNames { VirtualBoxNames(record) }
  private var folder: VirtualBoxFolder { VirtualBoxFolder(record) }

  private static let snapshot = "pilab"
  /// An appliance of many gigabytes is unpacked.
  private static let importTimeout = Duration.seconds(3600)

  /// - Returns: by board; nothing for those of the lab's image.
  func prepare() async throws(LabError) -> [String: BoardMachine.Boot] {
    var boots: [String: BoardMachine.Boot] = [:]
    var bases: [String: String] = [:]
    for (index, board) in plan.boards.enumerated() {
      guard let disk = board.machine.disk else { continue }
      switch try UserDiskKind.examine(disk.path, board: board.name) {
      case .cd(let path): boots[board.name] = .cd(iso: path)
      case .disk(let path):
        try await overlay(index + 1, on: path, board.name)
        boots[board.name] = .disk(folder.disk(index + 1))
      case .appliance(let path):
        let base: String
        if let known = bases[path] {
          base = known
        } else {
          base = try await importAppliance(path, bases.count + 1, board.name)
          bases[path] = base
        }
        try await clone(base, index + 1, board.name)
        boots[board.name] = .clone
      }
    }
    return boots
  }

  private func overlay(
    _ number: Int, on path: String, _ board: String
  ) async throws(LabError) {
    let isKnown = try await checkUse(of: path, board)
    if !isKnown { try OpenedDisks(record).note(path) }
    try await virtualBox("cannot make a disk on top of \(path)", board) { () throws(VBoxError) in
      try await host.manage.change([
        "createmedium", "disk", "--filename", folder.disk(number), "--diffparent", path,
      ])
    }
  }

  /// A disk that a machine of the user's writes to must not have others on top of it.
  /// - Returns: whether VirtualBox knows the disk.
  private func checkUse(of path: String, _ board: String) async throws(LabError) -> Bool {
    let (known, text) = try await virtualBox("cannot look at \(path)", board) {
      () throws(VBoxError) in
      let known = VBoxText.media(try await host.manage.ask(["list", "hdds"]))
        .contains { $0.location == path }
      // Of a disk that VirtualBox does not know it reads the file.
      return (known, known ? try await host.manage.ask(["showmediuminfo", "disk", path]) : "")
    }
    let users = text.split(separator: "\n").filter {
      $0.contains("(UUID: ") && !$0.contains("[") && !$0.contains(folder.path)
    }
    guard let user = users.first else { return known }
    throw LabError(
      .boardNotCreated, "the disk \(path) is that of a virtual machine of yours", board: board,
      step: "create",
      hint: "take a copy: VBoxManage clonemedium '\(path)' COPY.vdi",
      cause: user.trimmingCharacters(in: .whitespaces))
  }

  private func importAppliance(
    _ path: String, _ number: Int, _ board: String
  ) async throws(LabError) -> String {
    let name = names.base(number)
    return try await virtualBox(
      "cannot import the appliance \(path)", board,
      hint: "is it whole? look at it with: VBoxManage import --dry-run '\(path)'"
    ) { () throws(VBoxError) in
      try await host.manage.change(
        [
          "import", path, "--vsys", "0", "--vmname", name, "--basefolder", folder.path, "--group",
          names.group,
        ], timeout: Self.importTimeout)
      let known = VBoxText.machines(try await host.manage.ask(["list", "vms"]))
      guard let uuid = known.first(where: { $0.name == name })?.uuid else {
        throw VBoxError(.other, "VirtualBox has imported it and does not know it")
      }
      try await host.set(
        VirtualBoxMark(
          lab: record.id, labName: record.lab, folder: record.folder, board: nil, port: 0,
          engine: .driver, user: "root", hasUserDisk: true), on: uuid)
      try await host.manage.change(["snapshot", uuid, "take", Self.snapshot])
      return uuid
    }
  }

  private func clone(
    _ base: String, _ number: Int, _ board: String
  ) async throws(LabError) {
    let uuid = try record.machine(number)
    try await virtualBox("cannot clone its appliance", board) { () throws(VBoxError) in
      try await host.manage.change([
        "clonevm", base, "--snapshot", Self.snapshot, "--options", "link", "--name",
        names.machine(board), "--uuid", uuid, "--basefolder", folder.path, "--groups", names.group,
        "--register",
      ])
    }
  }

  @discardableResult
  private func virtualBox<Value: Sendable>(
    _ message: String, _ board: String, hint: String? = nil,
    _ body: () async throws(VBoxError) -> Value
  ) async throws(LabError) -> Value {
    do { return try await body() } catch {
      var failure = error.failure(.boardNotCreated, message, board: board, step: "create")
      failure.hint = failure.hint ?? hint
      throw failure
    }
  }
}
