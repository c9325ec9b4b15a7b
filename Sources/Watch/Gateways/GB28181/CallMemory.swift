import Foundation
import Kernel
import SIP
import Storage
import Web

/// Calls across restarts: each is written down when it is answered, so that the node's next run can hang it up.
struct CallMemory: Sendable {
    let database: any Database
    /// The node, by ``Home``.
    let home: String

    func remember(_ dialog: SIPDialog, of device: WatchDeviceID, over hop: SIPHop) async {
        _ = try? await database.write { db in
            try db.execute(
                """
                INSERT INTO watch_call (call_id, device, dialog, hop, at, home)
                VALUES (\(dialog.callID), \(device), \(try JSON.text(dialog)), \(hop.description), \(Instant.now),
                \(home)) ON CONFLICT (call_id) DO NOTHING
                """)
        }
    }

    func forget(_ callID: String) async {
        _ = try? await database.write { db in try db.execute("DELETE FROM watch_call WHERE call_id = \(callID)") }
    }

    /// Ends the calls of the run before: their cameras still send to ports that nobody reads, and speakers listen.
    func endForgotten(over endpoint: SIPEndpoint) async {
        let rows = try? await database.read { db in
            var rows: [(String, String)] = []
            try db.query(
                "SELECT dialog, hop FROM watch_call WHERE home IN (\(home), '') ORDER BY at LIMIT 10000"
            ) { row in
                rows.append((try row.next(), try row.next()))
                return true
            }
            return rows
        }
        await withDiscardingTaskGroup { group in
            for (text, hopText) in rows ?? [] {
                guard var dialog = try? JSONDecoder().decode(SIPDialog.self, from: Data(text.utf8)),
                    let hop = SIPHop(text: hopText)
                else { continue }
                // The last number was lost with the run (a replay may have had many orders); a higher one is right.
                dialog.localNumber += 10_000
                let bye = dialog.request(.bye)
                let callID = dialog.callID
                group.addTask {
                    _ = try? await endpoint.request(bye, to: hop)
                    await forget(callID)
                }
            }
        }
    }
}

/// The name under which a node knows what it left behind, from run to run: a file in its data folder.
enum Home {
    /// Reads the name, or makes one; without a folder it is of this run alone.
    static func name(in folder: URL?) throws -> String {
        let fresh = UUID().uuidString
        guard let file = folder?.appendingPathComponent("node") else { return fresh }
        if let known = try? String(contentsOf: file, encoding: .utf8), UUID(uuidString: known) != nil { return known }
        try Data(fresh.utf8).write(to: file, options: .atomic)
        return fresh
    }
}
