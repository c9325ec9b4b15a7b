import Foundation
import Testing

/// A broker that lets `zhili` in with `broker-pass`, and nobody else.
func mosquitto(_ port: Int, in folder: URL) throws -> Process {
    let file = folder.appendingPathComponent("mosquitto.conf")
    let passwords = folder.appendingPathComponent("passwords")
    // mosquitto's own format of "zhili:broker-pass" (PBKDF2 with SHA-512) is made by its own program.
    #expect(FileManager.default.createFile(atPath: passwords.path, contents: nil))
    let maker = Process()
    maker.executableURL = URL(fileURLWithPath: "/usr/bin/mosquitto_passwd")
    maker.arguments = ["-b", passwords.path, "zhili", "broker-pass"]
    maker.standardError = FileHandle.nullDevice
    try maker.run()
    maker.waitUntilExit()
    try """
    listener \(port) 127.0.0.1
    allow_anonymous false
    password_file \(passwords.path)
    user root
    persistence false

    """.write(to: file, atomically: true, encoding: .utf8)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/sbin/mosquitto")
    process.arguments = ["-c", file.path]
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    return process
}
