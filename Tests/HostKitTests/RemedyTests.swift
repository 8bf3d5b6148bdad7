import Testing

@testable import HostKit

struct RemedyTests {
  @Test(
    arguments: [
      (
        "PRETTY_NAME=\"Debian GNU/Linux 13 (trixie)\"\nNAME=\"Debian GNU/Linux\"\nID=debian\n",
        .debian
      ),
      ("NAME=\"Raspbian GNU/Linux\"\nID=raspbian\nID_LIKE=debian\n", .debian),
      ("NAME=\"Ubuntu\"\nID=ubuntu\nID_LIKE=debian\nUBUNTU_CODENAME=noble\n", .ubuntu),
      ("NAME=\"Linux Mint\"\nID=linuxmint\nID_LIKE=\"ubuntu debian\"\n", .debian),
      ("NAME=\"Fedora Linux\"\nVERSION_ID=42\nID=fedora\n", .fedora),
      ("NAME=\"Red Hat Enterprise Linux\"\nID=\"rhel\"\nID_LIKE=\"fedora\"\n", .fedora),
      ("ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\n", .fedora),
      ("NAME=\"Arch Linux\"\nID=arch\nBUILD_ID=rolling\n", .arch),
      ("ID=manjaro\nID_LIKE=arch\n", .arch),
      ("NAME=\"openSUSE Leap\"\nID=\"opensuse-leap\"\nID_LIKE=\"suse opensuse\"\n", .suse),
      ("ID='opensuse-tumbleweed'\nID_LIKE='opensuse suse'\n", .suse),
      ("NAME=\"SLES\"\nID=\"sles\"\nID_LIKE=\"suse\"\n", .suse),
      ("NAME=\"Alpine Linux\"\nID=alpine\nVERSION_ID=3.22.0\n", .alpine),
      ("NAME=NixOS\nID=nixos\nVERSION_ID=\"25.11\"\n", nil),
      ("NAME=debian\n# ID=debian\nVERSION_ID=fedora\n", nil),
      ("", nil),
    ] as [(String, SystemFamily?)])
  func systemsByTheirOwnWords(_ text: String, _ family: SystemFamily?) {
    #expect(SystemFamily(osRelease: text) == family)
  }

  @Test(
    arguments: [
      (.debian, "sudo apt-get install iproute2 util-linux"),
      (.ubuntu, "sudo apt-get install iproute2 util-linux"),
      (.fedora, "sudo dnf install iproute util-linux"),
      (.arch, "sudo pacman -S iproute2 util-linux"),
      (.suse, "sudo zypper install iproute2 util-linux"),
      (.alpine, "sudo apk add iproute2 util-linux"),
      (.macOS, "install the packages that have ip, unshare and nsenter"),
      (nil, "install the packages that have ip, unshare and nsenter"),
    ] as [(SystemFamily?, String)])
  func packagesAreNamedOnceAndAsTheSystemNamesThem(_ family: SystemFamily?, _ remedy: String) {
    #expect(Remedy.install(["ip", "unshare", "nsenter"], on: family) == remedy)
  }

  @Test func whatTheSystemHasNoPackageForIsNamed() {
    #expect(
      Remedy.install(["xvfb-run", "VirtualBoxVM"], on: .alpine)
        == "sudo apk add xvfb-run xauth; install the package that has VirtualBoxVM")
    #expect(Remedy.install(["nosuch"], on: .debian) == "install the package that has nosuch")
  }

  @Test func aBrowserGoesByAnotherNameOnUbuntu() {
    #expect(Remedy.install(["chromium"], on: .debian) == "sudo apt-get install chromium")
    #expect(Remedy.install(["chromium"], on: .ubuntu) == "sudo apt-get install chromium-browser")
  }

  @Test func upgrades() {
    #expect(
      Remedy.upgrade(["libvirt.so.0"], on: .debian)
        == "sudo apt-get install --only-upgrade libvirt0")
    #expect(Remedy.upgrade(["libvirt.so.0"], on: .fedora) == "sudo dnf upgrade libvirt-libs")
    #expect(
      Remedy.upgrade(["libvirt.so.0"], on: nil) == "upgrade the package that has libvirt.so.0")
  }

  /// Names go to a shell: nothing in them may mean anything to it.
  @Test func namesAreWordsOfAShell() {
    for program in PackageNames.programs {
      for family in SystemFamily.allCases {
        for word in (PackageNames.of(program)?[family] ?? "").split(separator: " ") {
          #expect(
            word.allSatisfy {
              $0.isASCII && ($0.isLetter || $0.isNumber || "-+.".contains($0) || $0 == "_")
            })
        }
      }
    }
  }
}
