import Foundation
import HostKit
import Testing

@testable import LabCore
@testable import VirtualBox

@Suite struct OutputTests {
  @Test func warningsAreNoAnswer() {
    let debian = """
      WARNING: The character device /dev/vboxdrv does not exist.
      \t Please install the virtualbox-dkms package and the appropriate
      \t headers, most likely linux-headers-amd64.

      \t You will not be able to start VMs until this problem is fixed.
      7.2.22_Debianr175245
      """
    #expect(VBoxText.answer(debian) == "7.2.22_Debianr175245")
    let oracle = """
      WARNING: The vboxdrv kernel module is not loaded. Either there is no module
               available for the current kernel (6.1.0) or it failed to
               load. Please recompile the kernel module and install it by

                 sudo /sbin/vboxconfig

               You will not be able to start VMs until this problem is fixed.
      6.1.50r161033
      """
    #expect(VBoxText.answer(oracle) == "6.1.50r161033")
    #expect(
      VBoxText.answer("Warning: program compiled against libxml 212\r\nname=\"a\"\r\n")
        == "name=\"a\"\n")
    // What a machine is called is no warning.
    #expect(VBoxText.answer("name=\"WARNING: x\"") == "name=\"WARNING: x\"")
    #expect(VBoxText.answer("") == "")
  }

  @Test func versions() throws {
    let version = try #require(VBoxVersion("7.2.22_Debianr175245"))
    #expect(version.description == "7.2.22")
    #expect(version > .oldest && version > .driverless)
    #expect(try #require(VBoxVersion("6.1.50r161033")) > .oldest)
    #expect(try #require(VBoxVersion("5.2.44r139111")) < .oldest)
    #expect(VBoxVersion("no such program") == nil)
  }

  @Test func propertiesOfEveryKind() {
    let properties = VBoxProperties(
      """
      name="x\\"y\\\\z=q"
      memory=1024
      description="line one
      line=\\"two\\"
      CfgFile=C:\\\\x"
      "IDE-0-0"="/media/a \\"b\\".iso"
      intnet1="net"a"
      VideoMode="720,400,0"@0,0 1
      BandwidthGroup0="limit",Disk,"20 MB"
       rec_screen0
      teleporteraddress=
      CfgFile="C:\\\\Users\\\\me\\\\VMs\\\\a.vbox"
      SnapFldr="C:\\Users\\me"
      natnet2="nat"
      Forwarding(0)="ssh,tcp,127.0.0.1,2222,,22"
      Forwarding(1)="web,tcp,,8080,,80"
      nic2="nat"
      natnet3="nat"
      Forwarding(0)="ssh,tcp,127.0.0.1,2223,,22"
      nic3="nat"
      """)
    #expect(properties["name"] == "x\"y\\z=q")
    #expect(properties["memory"] == "1024")
    #expect(properties["description"] == "line one\nline=\"two\"\nCfgFile=C:\\x")
    #expect(properties["IDE-0-0"] == "/media/a \"b\".iso")
    #expect(properties["intnet1"] == "net\"a")
    #expect(properties["VideoMode"] == "720,400,0")
    #expect(properties["teleporteraddress"] == "")
    #expect(properties["CfgFile"] == "C:\\Users\\me\\VMs\\a.vbox")
    #expect(properties["SnapFldr"] == "C:\\Users\\me")
    #expect(properties.all("Forwarding(0)").count == 2)
    #expect(properties.forwards(ofAdapter: 2).count == 2)
    #expect(properties.forwards(ofAdapter: 3) == ["ssh,tcp,127.0.0.1,2223,,22"])
    #expect(properties.forwards(ofAdapter: 1) == [])
    #expect(properties["rec_screen0"] == nil)
  }

  /// No input may end the process, or keep it for long.
  @Test(arguments: [
    "\"", "a=\"", "=\"\"", "\"a\"", "\\=\"\\", "a=\"b\nc", "\"a\\\"=b\n\"", "a=\"\\\"\n",
  ])
  func brokenText(text: String) {
    #expect(VBoxProperties(text).entries.count <= 2)
    _ = VBoxProperties(String(repeating: text + "\n", count: 200))
  }

  @Test func listsOfMachinesAndMedia() {
    let machines = VBoxText.machines(
      """
      "x"y\\z=q {a}" {11111111-2222-4333-8444-555555555555}
      "<inaccessible>" {A1111111-2222-4333-8444-555555555555}
      no machine
      """)
    #expect(machines.map(\.name) == ["x\"y\\z=q {a}", "<inaccessible>"])
    #expect(machines.last?.uuid == "a1111111-2222-4333-8444-555555555555")
    let media = VBoxText.media(
      "UUID:           DA479a49\nParent UUID:    base\nState:          created\nLocation:       /a b/c.vdi\n"
    )
    #expect(media.map(\.uuid) == ["da479a49"])
    #expect(media.map(\.location) == ["/a b/c.vdi"])
  }

  @Test func refusalsAreTold() throws {
    func kind(_ text: String, succeeded: Bool = false) -> VBoxError.Kind? {
      VBoxError(output: text, succeeded: succeeded)?.kind
    }
    let missing = try #require(
      VBoxError(
        output: """
          VBoxManage: error: Could not find a registered machine named 'nope'
          VBoxManage: error: Details: code VBOX_E_OBJECT_NOT_FOUND (0x80bb0001), component VirtualBoxWrap, interface \
          IVirtualBox, callee nsISupports
          VBoxManage: error: Context: "FindMachine(...)" at line 3248 of file VBoxManageInfo.cpp
          """, succeeded: false))
    #expect(missing.kind == .objectNotFound)
    #expect(missing.description == "Could not find a registered machine named 'nope'")
    #expect(
      kind(
        """
        VBoxManage.exe: error: The machine 'a' is already locked for a session (or being unlocked)
        VBoxManage.exe: error: Details: code VBOX_E_INVALID_OBJECT_STATE (0x80bb0007), component MachineWrap
        """) == .busy)
    #expect(
      kind(
        "VBoxManage: error: The object is not ready\nVBoxManage: error: Details: code E_ACCESSDENIED (0x80070005)"
      )
        == .busy)
    #expect(
      kind(
        "VBoxManage.exe: error: Failed to create the VirtualBox object!\ncode CO_E_SERVER_EXEC_FAILURE (0x80080005)"
      )
        == .serviceStarting)
    #expect(kind("VBoxManage: error: Machine 'a' is not currently running.") == .wrongState)
    // Errors may come with success, and failure without a word.
    #expect(kind("VBoxManage: error: it is not so", succeeded: true) == .other)
    #expect(kind("") == .other)
    #expect(kind("0%...100%", succeeded: true) == nil)
  }

  @Test func placesOfOtherSystems() throws {
    let tools = Tool(searchPath: "/nowhere")
    func places(
      _ system: VBoxPlaces.System, _ environment: [String: String], _ found: String
    ) -> VBoxPlaces {
      VBoxPlaces(system: system, environment: environment, tools: tools) { $0 == found }
    }
    let windows = "C:\\Program Files\\Oracle\\VirtualBox\\"
    #expect(
      try places(.windows, ["VBOX_MSI_INSTALL_PATH": windows], windows + "VBoxManage.exe")
        .manage(nil) == windows + "VBoxManage.exe")
    #expect(
      try places(.windows, ["ProgramFiles": "C:\\Program Files"], windows + "VBoxManage.exe")
        .manage(nil) == windows + "VBoxManage.exe")
    #expect(
      places(.windows, [:], windows + "VBoxHeadless.exe")
        .sibling("VBoxHeadless", of: windows + "VBoxManage.exe") == windows + "VBoxHeadless.exe")
    let mac = "/Applications/VirtualBox.app/Contents/MacOS/VBoxManage"
    #expect(try places(.macOS, [:], mac).manage(nil) == mac)
    let machine =
      "/Applications/VirtualBox.app/Contents/Resources/VirtualBoxVM.app/Contents/MacOS/VirtualBoxVM"
    #expect(places(.macOS, [:], machine).sibling("VirtualBoxVM", of: mac) == machine)
    #expect(try places(.linux, [:], "/usr/bin/VBoxManage").manage(nil) == "/usr/bin/VBoxManage")
    #expect(try places(.linux, ["PILAB_VBOXMANAGE": "/a"], "/a").manage(nil) == "/a")
    #expect(try places(.linux, ["PILAB_VBOXMANAGE": "/a"], "/b").manage("/b") == "/b")
    #expect(throws: LabError.self) { try places(.linux, [:], "/x").manage(nil) }
    #expect(throws: LabError.self) {
      try places(.linux, [:], "/usr/bin/VBoxManage").manage("/a")
    }
  }

  @Test func driverRefusals() {
    #expect(
      VirtualBoxHost.driverRefusal("VBoxHeadless: Error -1908 in suplibOsInit!")?.contains("-1908")
        == true)
    #expect(VirtualBoxHost.driverRefusal("rc=VERR_VM_DRIVER_NOT_INSTALLED") != nil)
    #expect(VirtualBoxHost.driverRefusal("Error -1909 in")?.contains("/dev/vboxdrv") == true)
    #expect(VirtualBoxHost.driverRefusal("Could not find a registered machine") == nil)
  }
}
