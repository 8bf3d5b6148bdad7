import Foundation
import HostKit
import LabCore
import SystemPackage

//  pilab ──pipe──▶ guard (/bin/sh in a session of its own): at the end of the input it switches the machines off

/// Ties machines to this process: they do not run on when it is gone, however it went.
enum MachineLifeline {
  /// The last words end machines without the driver that did not hear; their service is not of the lab.
  private static let script = """
    lab=$1 manage=$2
    shift 2
    read -r _
    for machine; do timeout 20 "$manage" controlvm "$machine" poweroff; done
    sleep 1
    for entry in $(grep -lsxz "\(LabProcesses.labKey)=$lab" /proc/[0-9]*/environ); do
      process=${entry#/proc/}
      process=${process%/environ}
      read -r name <"/proc/$process/comm" || continue
      case $name in VBoxSVC | VBoxXPCOMIPCD) continue ;; esac
      [ "$process" = $$ ] || kill -s KILL "$process"
    done
    """

  /// The pipe's other end stays open until this process ends.
  static func tie(
    _ record: LabRecord, _ host: VirtualBoxHost, _ machines: [String]
  ) async throws(LabError) {
    do {
      let pipe = try FileDescriptor.pipe(options: .closeOnExec)
      defer { try? pipe.readEnd.close() }
      var environment = host.manage.variables
      environment.merge(LabProcesses.environment(of: record)) { $1 }
      let outcome = try await host.manage.tools.run(
        [
          "/bin/sh", "-c", "exec setsid --fork /bin/sh -c \"$@\" >/dev/null 2>&1", "pilab", script,
          "pilab", record.id, host.manage.command,
        ] + machines, environment: environment, input: pipe.readEnd)
      guard outcome.succeeded else { throw VBoxError(.notRun, outcome.errors) }
    } catch {
      throw LabError(
        .boardNotCreated, "cannot tie the machines to this process", step: "create",
        cause: ErrorWords.words(of: error))
    }
  }
}
