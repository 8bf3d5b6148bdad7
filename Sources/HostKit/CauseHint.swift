import Foundation

/// What helps, by cause: the error's number, the owner of the file, how it is mounted, what limits hold. The only place
/// that knows it, so that one cause has one hint wherever it is met.
enum CauseHint {
  static func hint(for fault: SystemFault) -> String? {
    guard let number = fault.number else { return nil }
    if let hint = ofMachine(number) { return hint }
    guard let path = fault.path else { return ofThing(number) }
    let place = FilePlace(path)
    if fault.deed == .make, [EACCES, EPERM, ENOENT].contains(number), place.isOfKernel {
      return inTheWay(place) ?? ofKernel(place)
    }
    switch number {
    case EACCES, EPERM: return denied(place, fault.deed)
    case EROFS: return readOnly(place)
    case ENOSPC: return full(place)
    case ENOTDIR where fault.deed == .run:
      return place.fileInTheWay.map { "\($0) is not a folder, so nothing lies in it" }
    case ENOTDIR: return inTheWay(place)
    case EEXIST: return standing(place) ?? inTheWay(place)
    case ENOENT: return missing(place, fault.deed)
    case ENOEXEC: return "is \(path) built for another kind of processor? see: file \(path.quoted)"
    case EISDIR where fault.deed == .run: return "\(path) is a folder: name a program in it"
    case EISDIR: return "\(path) is a folder: name a file, or move it away"
    case ELOOP:
      return "\(place.danglingLink ?? path) is a link that leads back to itself: remove it"
    case ENAMETOOLONG:
      return "\(path.utf8.count) bytes are too long for a path, or one of its names is: "
        + "use a folder with a shorter path"
    case EBUSY: return "something is mounted at \(path), or uses it: see: findmnt, fuser -v"
    case ENOTEMPTY: return "something has written to \(path) meanwhile: repeat it"
    case EXDEV: return "\(path) lies on another file system: name a folder on this one"
    case EOPNOTSUPP, ENOSYS:
      return "the file system of \(place.mountPoint) cannot do this: use a folder of another one"
    case ETXTBSY:
      return "\(path) is running, or being written: end that first (fuser -v \(path.quoted))"
    default: return ofThing(number)
    }
  }

  /// Causes that lie in no path.
  private static func ofMachine(_ number: Int32) -> String? {
    switch number {
    case EMFILE:
      "pilab may open only \(Limit.text(.openFiles)) files: raise it with: ulimit -n 1024"
    case ENFILE: "the whole machine has too many files open: see: sysctl fs.file-nr fs.file-max"
    case EDQUOT: "your quota on this file system is used up: see: quota -s; remove something"
    case EFBIG:
      "files may have \(Limit.text(.fileSize)) bytes at most here: ulimit -f unlimited; "
        + "or the file system takes no larger ones"
    case ENOMEM:
      Limit.isSet(.addressSpace)
        ? "pilab may use \(Limit.text(.addressSpace)) bytes of memory: raise it with: ulimit -v unlimited"
        : "the machine has no memory left: see: free -h"
    case EAGAIN:
      "no more processes or threads: see: ulimit -u, ulimit -v, and pids.max of the control group"
    case EIO: "the disk or its connection has an error: see: dmesg"
    case ESTALE: "the folder was removed on its server: leave it and enter it again"
    default: nil
    }
  }

  private static func ofThing(_ number: Int32) -> String? {
    switch number {
    case ENOSPC: "make room: a disk is full; see: df -h"
    case EACCES, EPERM: "another user, or root, may do this: see: pilab doctor"
    case EADDRINUSE: "another program uses that address: see: ss -lntp"
    case ECONNREFUSED: "nothing listens there: is the service running?"
    case EHOSTUNREACH, ENETUNREACH: "there is no route to that address: see: ip route"
    default: nil
    }
  }

  private static func denied(_ place: FilePlace, _ deed: SystemFault.Deed) -> String {
    if deed == .run, place.isOnNoexec { return noexec(place) }
    if let immutable = place.immutable {
      return
        "\(immutable) must not be changed by anybody (chattr +i): sudo chattr -i \(immutable.quoted)"
    }
    guard let culprit = place.refusing(deed), let status = FilePlace.status(culprit) else {
      if place.isElsewhere {
        return
          "\(place.mountPoint) is a file system of a server or of another user, who refuses it: "
          + "use a folder on a disk of this machine"
      }
      return "the kernel's security module may forbid it: see: dmesg"
    }
    if deed == .run, culprit == place.path, status.st_mode & S_IFMT == S_IFREG,
      [status.st_uid, 0].contains(geteuid())
    {
      return "it is not executable: chmod u+x \(culprit.quoted)"
    }
    guard status.st_uid != geteuid() else { return "allow it: chmod u+rwx \(culprit.quoted)" }
    let owner = UserName.of(status.st_uid)
    guard let top = foreignTop(of: culprit) else {
      return "\(culprit) belongs to user \(owner): start pilab in a folder that you may write to"
    }
    return "\(top) belongs to user \(owner)\(owner == "root" ? ", as after 'sudo pilab'" : ""): "
      + "take it back with: sudo chown -R \(UserName.own): \(top.quoted)"
  }

  /// The uppermost folder of another user's that lies in one of this user's; nil where none above is this user's.
  private static func foreignTop(of path: String) -> String? {
    let places = FilePlace(path).lineage
    for (parent, child) in zip(places, places.dropFirst()).reversed() {
      guard FilePlace.status(parent)?.st_uid == geteuid() else { continue }
      return FilePlace.status(child)?.st_uid == geteuid() ? nil : child
    }
    return nil
  }

  static func noexec(_ place: FilePlace) -> String {
    "\(place.mountPoint) is mounted noexec, so no program in it can run: start pilab in a folder elsewhere, or: "
      + "sudo mount -o remount,exec \(place.mountPoint.quoted)"
  }

  private static func readOnly(_ place: FilePlace) -> String {
    "\(place.mountPoint) is mounted read-only: start pilab in a folder elsewhere, or: "
      + "sudo mount -o remount,rw \(place.mountPoint.quoted)"
  }

  private static func full(_ place: FilePlace) -> String {
    let point = place.mountPoint
    if let system = place.fileSystem, system.f_files > 0, system.f_favail == 0 {
      return
        "the file system of \(point) can hold no more files (inodes): remove some; see: df -i \(point.quoted)"
    }
    return "the disk is full: make room on \(point); see: df -h \(point.quoted), pilab prune"
  }

  private static func ofKernel(_ place: FilePlace) -> String {
    "\(place.mountPoint) is made by the kernel and takes no files: name a folder on a disk"
  }

  private static func inTheWay(_ place: FilePlace) -> String? {
    place.fileInTheWay.map { "\($0) is there already, and is not a folder: move it away" }
  }

  /// What has the name that a new file or folder was to have.
  private static func standing(_ place: FilePlace) -> String? {
    place.kind.map { "\(place.path) is there already, \($0): move it away, or name another" }
  }

  private static func missing(_ place: FilePlace, _ deed: SystemFault.Deed) -> String? {
    if let link = place.danglingLink {
      return "\(link) is a link to \(FilePlace.target(link) ?? "something") which is not there: "
        + "make that, or remove the link"
    }
    if deed == .make, let way = inTheWay(place) { return way }
    guard let missing = place.missing else {
      // It is there: then what it needs is not, as with a script or a program for another C library.
      return deed == .run
        ? "the interpreter or loader that \(place.path) wants is not there: see: file \(place.path.quoted)"
        : nil
    }
    return "there is no \(missing)"
  }
}

extension String {
  /// As a word of a shell.
  var quoted: String {
    let plain = allSatisfy {
      $0.isASCII && ($0.isLetter || $0.isNumber || "/._-+:@%,=".contains($0))
    }
    return plain && !isEmpty
      ? self
      : "'" + split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''")
        + "'"
  }
}
