// swift-tools-version: 6.2
import PackageDescription

// Board programs run on any x86-64 Linux board, so they carry everything with them: `-static-executable`.
// lld, because it resolves the static libraries without warnings; release builds are stripped (`-s`).
let boardProgram: [LinkerSetting] = [
  .unsafeFlags(["-static-executable", "-use-ld=lld"]),
  .unsafeFlags(["-Xlinker", "-s"], .when(configuration: .release)),
]

// Swift's libraries inside, so that pilab starts in half the time and runs where Swift is not installed.
let orchestrator: [LinkerSetting] = [
  .unsafeFlags(
    [
      "-static-stdlib", "-Xlinker", "-s", "-l_CFXMLInterface", "-lxml2", "-lCoreFoundation",
      "-l_FoundationICU",
      "-l_FoundationCollections", "-l_FoundationCShims", "-lstdc++", "-use-ld=lld",
    ],
    .when(configuration: .release))
]

let package = Package(
  name: "pilab",
  products: [
    .executable(name: "pilab", targets: ["pilab"]),
    .executable(name: "pi-sender", targets: ["pi-sender"]),
    .executable(name: "pi-receiver", targets: ["pi-receiver"]),
    .executable(name: "pi-interceptor", targets: ["pi-interceptor"]),
  ],
  dependencies: [
    // pilab's command line: help, validation, shell completions.
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    // YAML with marks (line and column) for the manifest's error messages.
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
    // Child processes: pipes, process groups and an orderly teardown.
    .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.0"),
    // The path and descriptor types of its interface.
    .package(url: "https://github.com/apple/swift-system", from: "1.5.0"),
    // The template language of report.html; escapes HTML unless told otherwise.
    .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.0"),
  ],
  targets: [
    // C libraries. GMP: modular exponentiation in constant time. OpenSSL: ciphers, hashes, HKDF.
    // libpng: the report's pictures, and those that are sent as pixels.
    .systemLibrary(name: "CGMP", pkgConfig: "gmp", providers: [.apt(["libgmp-dev"])]),
    .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CPNG", pkgConfig: "libpng16", providers: [.apt(["libpng-dev"])]),
    // libjpeg-turbo: pictures in JPEG that are sent as pixels, or are too large to be embedded as they are.
    .systemLibrary(
      name: "CJPEG", pkgConfig: "libturbojpeg", providers: [.apt(["libturbojpeg0-dev"])]),
    // libpcap reads captures, pcap and pcapng, from whatever machine or byte order they come.
    .systemLibrary(name: "CPcap", pkgConfig: "libpcap", providers: [.apt(["libpcap-dev"])]),
    // libvirt makes and runs virtual machines, for this user or for the whole machine. Its headers
    // (libvirt-dev) serve the build, and its library is loaded by who wants virtual machines.
    .target(name: "CLibvirt"),

    // What every program of pilab does first; its arguments without /proc, and calls that Swift cannot import.
    .target(name: "CProgramStart"),
    .target(name: "ProgramStart", dependencies: ["CProgramStart"]),

    // The exchange and the board programs: no Foundation.
    .target(name: "PiCrypto", dependencies: ["CGMP", "COpenSSL"]),
    .target(name: "PiExchange", dependencies: ["PiCrypto"]),
    .target(name: "PiTransfer", dependencies: ["PiExchange", "ProgramStart"]),
    // The attacker's board.
    .target(name: "PiIntercept", dependencies: ["PiCrypto", "PiExchange", "PiTransfer"]),
    .target(name: "BoardProgram", dependencies: ["PiIntercept", "PiTransfer", "ProgramStart"]),
    .executableTarget(
      name: "pi-sender", dependencies: ["BoardProgram"], linkerSettings: boardProgram),
    .executableTarget(
      name: "pi-receiver", dependencies: ["BoardProgram"], linkerSettings: boardProgram),
    .executableTarget(
      name: "pi-interceptor", dependencies: ["BoardProgram"], linkerSettings: boardProgram),

    // This machine: files that appear whole, its errors in words, with what helps, and what a process may have of it.
    .target(name: "CHostKit"),
    .target(
      name: "HostKit",
      dependencies: [
        "CHostKit", "PiCrypto", "ProgramStart",
        .product(name: "Subprocess", package: "swift-subprocess"),
        .product(name: "SystemPackage", package: "swift-system"),
      ]),

    // The lab. Names, quantities with units and addresses, without input or output.
    .target(name: "LabValues"),
    .target(
      name: "LabManifest",
      dependencies: [
        "HostKit", "LabValues", "PiCrypto", "PiExchange", .product(name: "Yams", package: "Yams"),
      ]),
    // What a backend is, and what it is given and gives; no backend.
    .target(
      name: "LabCore",
      dependencies: [
        "HostKit", "LabManifest", "LabValues",
        .product(name: "Subprocess", package: "swift-subprocess"),
        .product(name: "SystemPackage", package: "swift-system"),
      ]),
    // What virtual machines boot.
    .target(
      name: "BootImage",
      dependencies: [
        "HostKit", "LabCore", "LabValues", "PiCrypto",
        .product(name: "Subprocess", package: "swift-subprocess"),
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      // What runs on the boards, in the code for the same reason as the report's templates.
      resources: [.embedInCode("Guest")]),
    // Picture files as pixels, by libpng and libjpeg-turbo. BMP and Netpbm are read here: ImageMagick and the like
    // read them too, and with them a hundred formats that nobody asked for, each with its own holes.
    .target(name: "Pictures", dependencies: ["CJPEG", "CPNG", "HostKit"]),
    // Boards that are folders and processes of this machine.
    .target(
      name: "LocalBoards",
      dependencies: [
        "HostKit", "LabCore", .product(name: "Subprocess", package: "swift-subprocess"),
        .product(name: "SystemPackage", package: "swift-system"),
      ]),
    // Boards that are reached by SSH.
    .target(
      name: "GuestSSH",
      dependencies: [
        "HostKit", "LabCore", "LabValues",
        .product(name: "Subprocess", package: "swift-subprocess"),
        .product(name: "SystemPackage", package: "swift-system"),
      ]),
    // What a run found, as values: no renderer and no C library in it.
    .target(name: "LabResults", dependencies: ["HostKit", "LabCore", "LabValues"]),
    // What machines of any hypervisor share.
    .target(
      name: "VMKit",
      dependencies: ["BootImage", "GuestSSH", "HostKit", "LabCore", "LabValues"]),
    .target(
      name: "Loopback", dependencies: ["HostKit", "LabCore", "LabValues", "LocalBoards"],
      path: "Sources/Backends/Loopback"),
    .target(
      name: "Namespace",
      dependencies: [
        "HostKit", "LabCore", "LabValues", "LocalBoards",
        .product(name: "Subprocess", package: "swift-subprocess"),
        .product(name: "SystemPackage", package: "swift-system"),
      ], path: "Sources/Backends/Namespace"),
    .target(
      name: "Libvirt",
      dependencies: [
        "CLibvirt", "GuestSSH", "HostKit", "LabCore", "LabManifest", "LabValues", "VMKit",
      ],
      path: "Sources/Backends/Libvirt"),
    .target(
      name: "VirtualBox",
      dependencies: [
        "GuestSSH", "HostKit", "LabCore", "LabManifest", "LabValues", "VMKit",
        .product(name: "Subprocess", package: "swift-subprocess"),
        .product(name: "SystemPackage", package: "swift-system"),
      ], path: "Sources/Backends/VirtualBox"),
    // The one place that names them all.
    .target(
      name: "Backends",
      dependencies: ["LabCore", "LabManifest", "Libvirt", "Loopback", "Namespace", "VirtualBox"],
      path: "Sources/Backends/Registry"),
    .target(
      name: "LabReport",
      dependencies: [
        "HostKit", "LabCore", "LabResults", "LabValues", "Pictures",
        .product(name: "Mustache", package: "swift-mustache"),
      ],
      // In the code, so that the pilab binary needs no folder beside it.
      resources: [.embedInCode("Templates"), .embedInCode("Schema")]),
    .target(
      name: "LabCapture",
      dependencies: ["CPcap", "HostKit", "LabResults", "PiCrypto", "PiExchange"]),
    .target(
      name: "LabRun",
      dependencies: [
        "BootImage", "HostKit", "LabCapture", "LabCore", "LabManifest", "LabResults", "LabValues",
        "PiCrypto", "PiExchange", "Pictures", "VMKit",
      ]),
    .executableTarget(
      name: "pilab",
      dependencies: [
        "Backends", "BootImage", "HostKit", "LabCore", "LabManifest", "LabReport", "LabResults",
        "LabRun", "LabValues", "PiCrypto", "ProgramStart",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], linkerSettings: orchestrator),

    // What tests of several targets use.
    .target(name: "TestSupport", path: "Tests/TestSupport"),
    .target(
      name: "ResultSamples", dependencies: ["LabCore", "LabResults", "LabValues", "TestSupport"],
      path: "Tests/ResultSamples"),

    .target(
      name: "LabTestSupport", dependencies: ["HostKit", "LabCore", "LabValues", "TestSupport"],
      path: "Tests/LabTestSupport"),

    .testTarget(name: "HostKitTests", dependencies: ["HostKit", "TestSupport"]),
    .testTarget(name: "PiCryptoTests", dependencies: ["PiCrypto", "COpenSSL"]),
    .testTarget(name: "PiExchangeTests", dependencies: ["PiExchange"]),
    .testTarget(
      name: "PiTransferTests",
      dependencies: ["PiCrypto", "PiExchange", "PiTransfer", "TestSupport"]),
    .testTarget(
      name: "PiInterceptTests",
      dependencies: ["PiCrypto", "PiExchange", "PiIntercept", "PiTransfer", "TestSupport"]),
    .testTarget(name: "BoardProgramTests", dependencies: ["BoardProgram"]),
    .testTarget(
      name: "PicturesTests", dependencies: ["CJPEG", "HostKit", "Pictures", "TestSupport"]),
    .testTarget(
      name: "LabManifestTests",
      dependencies: [
        "Backends", "LabManifest", "LabValues", "PiCrypto", "PiExchange", "TestSupport",
      ],
      exclude: ["check_schema.py"]),
    .testTarget(
      name: "LabReportTests",
      dependencies: [
        "CJPEG", "HostKit", "LabCore", "LabReport", "LabValues", "Pictures", "ResultSamples",
        "TestSupport",
      ],
      exclude: [
        "check_html.py", "check_svg.py", "check_forms.py", "junit.xsd", "surefire.xsd", "Golden",
      ]),
    .testTarget(
      name: "LabResultsTests",
      dependencies: ["LabCore", "LabResults", "LabValues", "ResultSamples", "TestSupport"]),
    .testTarget(
      name: "LabCaptureTests", dependencies: ["LabCapture", "LabResults", "TestSupport"]),
    .testTarget(
      name: "BootImageTests",
      dependencies: ["BootImage", "HostKit", "LabCore", "LabValues", "TestSupport"]),
    // One suite for every backend.
    .testTarget(
      name: "BackendContract",
      dependencies: [
        "Backends", "BootImage", "HostKit", "LabCore", "LabTestSupport", "LabValues",
        "TestSupport",
      ]),
    .testTarget(
      name: "GuestSSHTests",
      dependencies: [
        "GuestSSH", "HostKit", "LabCore", "LabManifest", "LabTestSupport", "LabValues",
        "TestSupport",
      ]
    ),
    .testTarget(
      name: "LoopbackTests",
      dependencies: ["LabCore", "LabTestSupport", "LabValues", "LocalBoards", "Loopback"]),
    .testTarget(
      name: "NamespaceTests",
      dependencies: [
        "HostKit", "LabCore", "LabTestSupport", "LabValues", "LocalBoards", "Namespace",
        "TestSupport",
      ]),
    .testTarget(
      name: "LibvirtTests",
      dependencies: [
        "BootImage", "CLibvirt", "GuestSSH", "HostKit", "LabCore", "LabManifest", "LabValues",
        "LabTestSupport", "Libvirt", "TestSupport", "VMKit",
      ]),
    // The order in which machines are told what, by machines that only write it down.
    .testTarget(name: "VMKitTests", dependencies: ["LabCore", "LabValues", "VMKit"]),
    .testTarget(
      name: "VirtualBoxTests",
      dependencies: [
        "BootImage", "GuestSSH", "HostKit", "LabCore", "LabManifest", "LabValues", "TestSupport",
        "VMKit", "VirtualBox",
      ]),
    .testTarget(
      name: "LabRunTests",
      dependencies: [
        "HostKit", "LabCore", "LabManifest", "LabReport", "LabResults", "LabRun", "LabTestSupport",
        "LabValues", "PiCrypto", "PiExchange", "Pictures", "TestSupport",
      ]),
    // Runs the built programs; a dependency on a board program would make the tests link statically.
    .testTarget(
      name: "PilabTests", dependencies: ["LabCore", "LabResults", "TestSupport", "pilab"]),
  ],
  swiftLanguageModes: [.v6]
)

// The fuzzers (ci/fuzz): with libFuzzer and address sanitizer in all of the sources, so not part of other builds.
if Context.environment["PILAB_FUZZ"] != nil {
  package.targets += [
    .target(name: "CFuzzer", path: "Fuzz/Sources/CFuzzer"),
    .target(name: "FuzzSupport", dependencies: ["CFuzzer"], path: "Fuzz/Sources/FuzzSupport"),
    .executableTarget(
      name: "pilab-fuzz-exchange",
      dependencies: ["FuzzSupport", "PiCrypto", "PiExchange", "PiIntercept"],
      path: "Fuzz/Sources/pilab-fuzz-exchange"),
    .executableTarget(
      name: "pilab-fuzz",
      dependencies: [
        "Backends", "CFuzzer", "FuzzSupport", "LabCapture", "LabManifest", "LabReport",
        "LabResults", "LabRun",
        "VirtualBox",
      ], path: "Fuzz/Sources/pilab-fuzz"),
  ]
}
