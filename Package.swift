// swift-tools-version:6.2
import PackageDescription

// The house, ground floor last: an arrow never points up (docs/architecture.md).
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

func room(_ name: String, needs: [Target.Dependency], resources: Bool = true) -> Target {
    .target(
        name: name,
        dependencies: needs,
        resources: resources ? [.copy("Resources")] : [],
        swiftSettings: strict)
}

func engine(_ name: String, needs: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: needs, swiftSettings: strict)
}

func tests(_ name: String, needs: [Target.Dependency], resources: [Resource] = []) -> Target {
    .testTarget(name: name + "Tests", dependencies: needs, resources: resources, swiftSettings: strict)
}

let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let hummingbirdTLS = Target.Dependency.product(name: "HummingbirdTLS", package: "hummingbird")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let mustache = Target.Dependency.product(name: "Mustache", package: "swift-mustache")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let nio = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioWebSocket = Target.Dependency.product(name: "NIOWebSocket", package: "swift-nio")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let httpClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let sqlite = Target.Dependency.product(name: "GRDBSQLite", package: "GRDB.swift")

let package = Package(
    name: "zhili",
    defaultLocalization: "zh",
    products: [.executable(name: "zhili", targets: ["zhili"])],
    dependencies: [
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: ["FullFoundation"]),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        // The program.
        .executableTarget(
            name: "zhili",
            dependencies: [
                "Centre", "Kernel", "Identity", "Registry", "Simulator", "Bench", "MediaServer", "Watch", "GB28181",
                "SIP",
                arguments, logging,
            ],
            swiftSettings: strict),
        room(
            "Centre",
            needs: [
                "Kernel", "Storage", "Web", "Identity", "Places", "Cases", "Notify", "FireGuard", "Crypt", "Geo",
                "MQTT", "Pictures",
                "Watch", "Registry", "TownMap", "Woodpecker", "Duty", "Broadcast", "Summary", "Plans", "Patrol",
                "Joint",
                "Print",
                "GB28181", "SIP",
                "SMPP",
                hummingbird, hummingbirdCore, hummingbirdTLS, nio, httpTypes, httpClient, logging, lifecycle,
                unixSignals,
                yams, nioSSL, nioHTTP1,
            ]),

        // Rooms.
        room(
            "FireGuard",
            needs: [
                "Kernel", "Storage", "Web", "Identity", "Places", "Cases", "Notify", "GB26875", "MQTT", "Crypt",
                "Pictures", "Office", hummingbird, logging, nio, nioPosix, lifecycle,
            ]),

        room(
            "Watch",
            needs: [
                "Kernel", "Storage", "Web", "Identity", "Places", "Cases", "Notify", "SIP", "GB28181", "Media", "Crypt",
                "Office", "Geo", "ONVIF",
                httpTypes, logging, nio, nioPosix, lifecycle,
            ]),
        room(
            "Registry",
            needs: [
                "Kernel", "Storage", "Web", "Identity", "Places", "Cases", "Crypt", "Office", "Geo", logging, lifecycle,
            ]),
        room(
            "TownMap",
            needs: [
                "Kernel", "Storage", "Web", "Identity", "Places", "Cases", "Geo", "Office", "Pictures", logging,
                lifecycle,
            ]),
        room(
            "Woodpecker",
            needs: [
                "Kernel", "Storage", "Web", "Identity", "Places", "Cases", "Notify", "Crypt", "Pictures", "Office",
                "Geo", "XML", "Print", "WeChatAPI", "Film",
                httpClient, httpTypes, logging, lifecycle, nio, nioHTTP1,
            ]),

        room("Joint", needs: ["Kernel", "Storage", "Web", "Identity", "Cases", logging, lifecycle]),
        room(
            "Patrol",
            needs: [
                "Kernel", "Storage", "Web", "Identity", "Cases", "Geo", "Office", "Pictures", logging, lifecycle,
            ]),
        room("Plans", needs: ["Kernel", "Storage", "Web", "Identity", "Cases", logging, lifecycle]),
        room("Summary", needs: ["Kernel", "Storage", "Web", "Office", "Print", lifecycle]),
        room(
            "Broadcast",
            needs: ["Kernel", "Storage", "Web", "Identity", "Cases", "CAP", "XML", "Crypt", "Office"]),

        // The desk.
        room(
            "Duty",
            needs: [
                "Kernel", "Storage", "Web", "Identity", "Places", "Cases", "Notify", "Office", "Crypt", "Print",
                logging,
                lifecycle,
            ]),
        room(
            "Notify",
            needs: [
                "Kernel", "Storage", "Web", "Identity", "Crypt", "Office", "SMPP", "SIP", "WebPush", httpClient,
                logging,
                lifecycle,
                nio, nioHTTP1, nioPosix, nioSSL,
            ]),
        room(
            "Cases",
            needs: [
                "Kernel", "Storage", "Web", "Identity", "Places", "Office", "Pictures", hummingbird, logging,
                lifecycle,
            ]),
        room("Places", needs: ["Kernel", "Storage", "Web", "Geo", logging, lifecycle]),
        room(
            "Identity",
            needs: ["Kernel", "Storage", "Web", "Crypt", "Office", hummingbird, httpTypes, logging, lifecycle]),

        // Engines: protocols and formats, nothing of the town.
        engine("GB26875", needs: ["Kernel"]),
        engine("SIP", needs: ["Kernel", "Crypt", nio, nioPosix]),
        engine("GB28181", needs: ["Kernel", "SIP", nio, nioPosix]),
        engine("ONVIF", needs: ["Kernel", "Crypt", "XML", nio, nioPosix, nioHTTP1]),
        engine("Media", needs: ["Kernel", "Crypt", nio]),
        engine(
            "MediaServer",
            needs: ["Media", "Kernel", "Crypt", "CAV", nio, nioPosix, nioHTTP1, nioWebSocket, nioSSL, logging]),
        engine("SMPP"),
        engine("WebPush", needs: ["Crypt", "COpenSSL"]),
        engine("MQTT", needs: ["CMosquitto"]),
        engine("WeChatAPI", needs: ["Kernel", httpClient, nio, nioHTTP1, nioPosix]),
        engine("Geo"),
        engine("XML", needs: ["CExpat"]),
        engine("CAP", needs: ["Kernel", "XML"]),
        engine("Office", needs: ["CXlsxWriter", "CZip", "CExpat", "CFreeXL"]),
        engine("Pictures", needs: ["CVips", "CQRencode"]),
        engine("Film"),
        engine("Print", needs: ["CPrint"]),
        engine(
            "Simulator",
            needs: [
                "GB26875", "GB28181", "SIP", "SMPP", "WebPush", "Crypt", "Kernel", "CAV", "XML", nio, nioPosix,
                nioHTTP1, nioSSL,
            ]),
        engine("Bench", needs: ["GB26875", "GB28181", "Kernel", "Office", "Crypt", "Simulator", "Storage"]),

        // Ground.
        room(
            "Web",
            needs: [
                "Kernel", "Storage", hummingbird, hummingbirdCore, httpTypes, mustache, logging, nio, lifecycle,
            ]),
        engine("Storage", needs: ["Kernel", "CPQ", grdb, sqlite, logging]),
        engine("Crypt", needs: ["Kernel", "COpenSSL", "CArgon2"]),
        engine("Kernel"),

        // System libraries.
        .systemLibrary(name: "CPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CArgon2", pkgConfig: "libargon2", providers: [.apt(["libargon2-dev"])]),
        .systemLibrary(name: "CQRencode", pkgConfig: "libqrencode", providers: [.apt(["libqrencode-dev"])]),
        .systemLibrary(name: "CMosquitto", pkgConfig: "libmosquitto", providers: [.apt(["libmosquitto-dev"])]),
        .systemLibrary(name: "CXlsxWriter", pkgConfig: "xlsxwriter", providers: [.apt(["libxlsxwriter-dev"])]),
        .systemLibrary(name: "CExpat", pkgConfig: "expat", providers: [.apt(["libexpat1-dev"])]),
        .systemLibrary(
            name: "CAVLibrary", pkgConfig: "libavformat libavcodec libswscale libavutil",
            providers: [.apt(["libavformat-dev", "libavcodec-dev", "libavutil-dev", "libswscale-dev"])]),
        .target(name: "CAV", dependencies: ["CAVLibrary"]),
        .systemLibrary(name: "CZip", pkgConfig: "libzip", providers: [.apt(["libzip-dev"])]),
        .systemLibrary(name: "CFreeXL", pkgConfig: "freexl", providers: [.apt(["libfreexl-dev"])]),
        .systemLibrary(name: "CVipsLibrary", pkgConfig: "vips", providers: [.apt(["libvips-dev"])]),
        .target(name: "CVips", dependencies: ["CVipsLibrary"]),
        .systemLibrary(
            name: "CPangoLibrary", pkgConfig: "pangocairo",
            providers: [.apt(["libpango1.0-dev", "libcairo2-dev"])]),
        .target(name: "CPrint", dependencies: ["CPangoLibrary"]),

        // Tests: one target a module, and the whole centre from outside.
        tests("Kernel", needs: ["Kernel"]),
        tests("Storage", needs: ["Storage", "StorageTesting"]),
        engine("StorageTesting", needs: ["Storage", "Kernel"]),
        tests("Web", needs: ["Web", httpTypes]),
        tests("GB26875", needs: ["GB26875", "Kernel", "Simulator"]),
        tests("SIP", needs: ["SIP", "Kernel", nio]),
        tests("GB28181", needs: ["GB28181", "SIP", "Kernel", nio]),
        tests("ONVIF", needs: ["ONVIF", "XML", "Simulator", "Kernel"]),
        tests("Media", needs: ["Media", "Simulator", "Kernel", nio]),
        tests(
            "MediaServer",
            needs: [
                "MediaServer", "Media", "Simulator", "Kernel", "Crypt", nio, nioPosix, nioHTTP1, nioWebSocket, logging,
            ]),
        tests(
            "Watch",
            needs: ["Watch", "GB28181", "SIP", "Media", "Simulator", "Kernel", "Storage", "StorageTesting", logging]),
        tests(
            "Registry",
            needs: [
                "Registry", "Office", "Kernel", "Storage", "StorageTesting", "Identity", "Places", "Geo", "Web",
                logging,
            ]),
        tests(
            "TownMap",
            needs: [
                "TownMap", "Places", "Identity", "Geo", "Web", "Kernel", "Office", "Pictures", "Storage",
                "StorageTesting",
                logging,
            ]),
        tests(
            "Woodpecker",
            needs: [
                "Woodpecker", "Crypt", "Cases", "Identity", "Notify", "Places", "Geo", "Film", "Pictures", "Print",
                "Kernel",
                "Storage",
                "StorageTesting", "Web", "WeChatAPI", "Simulator", httpClient, httpTypes, logging,
            ]),
        tests(
            "Duty",
            needs: [
                "Duty", "Crypt", "Cases", "Identity", "Notify", "Web", "Kernel", "Storage", "StorageTesting", logging,
            ]),
        tests("Geo", needs: ["Geo"]),
        tests("WebPush", needs: ["WebPush"]),
        tests("WeChatAPI", needs: ["WeChatAPI", "Simulator", httpClient]),
        tests("Print", needs: ["Print"]),
        tests("Summary", needs: ["Summary", "Kernel"]),
        tests(
            "Plans",
            needs: ["Plans", "Crypt", "Cases", "Identity", "Web", "Kernel", "Storage", "StorageTesting", logging]),
        tests(
            "Joint",
            needs: ["Joint", "Crypt", "Cases", "Identity", "Web", "Kernel", "Storage", "StorageTesting", logging]),
        tests(
            "Patrol",
            needs: ["Patrol", "Crypt", "Cases", "Identity", "Web", "Kernel", "Storage", "StorageTesting", logging]),
        tests("XML", needs: ["XML"]),
        tests(
            "Broadcast",
            needs: ["Broadcast", "CAP", "Cases", "Identity", "Kernel", "Storage", "StorageTesting", "Web"]),
        tests("CAP", needs: ["CAP", "Kernel", "XML"]),
        tests("Identity", needs: ["Identity", "Crypt", "Kernel", "Storage", "StorageTesting", "Web"]),
        tests("Cases", needs: ["Cases", "Kernel", "Web"]),
        tests(
            "Notify",
            needs: [
                "Notify", "Identity", "Kernel", "Storage", "Web", logging, "SIP", "SMPP", "WebPush", "Simulator",
                "StorageTesting",
                httpClient, nio,
            ]),
        tests("FireGuard", needs: ["GB26875", "FireGuard", "Notify", "StorageTesting", nioEmbedded]),
        tests(
            "Centre",
            needs: [
                "Centre", "Office", "Web", "Kernel", "Storage", "StorageTesting", "GB26875", "Identity", "MQTT",
                "Pictures", "Geo",
                "zhili",
                nio, nioHTTP1, nioSSL,
                httpClient,
                httpTypes,
                logging,
            ]),
    ]
)
