import Foundation
import Kernel
import SIP
import Storage
import Web

/// Calls across restarts: each is written down when it is answered, so that the next run can hang it up.
extension LiveCalls {
    func remember(_ dialog: SIPDialog, _ call: Call) async {
        let hop = call.hop.description
        let device = call.device.id
        _ = try? await database.write { db in
            try db.execute(
                """
                INSERT INTO watch_call (call_id, device, dialog, hop, at)
                VALUES (\(dialog.callID), \(device), \(try JSON.text(dialog)), \(hop), \(Instant.now))
                ON CONFLICT (call_id) DO NOTHING
                """)
        }
    }

    func unremember(_ callID: String) async {
        _ = try? await database.write { db in try db.execute("DELETE FROM watch_call WHERE call_id = \(callID)") }
    }

    /// Ends the calls of the run before: their cameras still send to ports that nobody reads.
    func endForgotten() async {
        let rows = try? await database.read { db in
            var rows: [(String, String)] = []
            try db.query("SELECT dialog, hop FROM watch_call ORDER BY at LIMIT 10000") { row in
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
                    _ = try? await self.endpoint?.request(bye, to: hop)
                    await self.unremember(callID)
                }
            }
        }
    }
}
