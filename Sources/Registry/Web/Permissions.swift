import Kernel
import Storage
import Web

extension Permission {
    /// See the registry; what of it, the policy decides field by field.
    public static let registryRead = Permission(
        "registry.read", [.officer, .leader, .clerk, .grid, .brigade, .patrol, .admin])
    /// Change records.
    public static let registryWrite = Permission("registry.write", [.clerk, .grid])
    /// Open a record for a purpose.
    public static let registryUnmask = Permission("registry.unmask", [.officer, .leader, .clerk, .grid])
    /// Take what is shown away as a workbook.
    public static let registryExport = Permission("registry.export", [.leader, .clerk])
    /// Bring an office's table in.
    public static let registryImport = Permission("registry.import", [.clerk])
    /// Change what is kept about what.
    public static let registryManage = Permission("registry.manage", [.admin])
    /// Visit and verify.
    public static let registryVerify = Permission("registry.verify", [.grid, .clerk])
    /// Decide about duplicates, deaths, deletions.
    public static let registryReview = Permission("registry.review", [.clerk, .leader])
    /// See how true the data are.
    public static let registryQuality = Permission("registry.quality", [.leader, .clerk, .admin])
    /// Tell somebody what is kept about them.
    public static let registryReport = Permission("registry.report", [.clerk])
}

extension Viewer {
    /// The viewer behind a call, without records that were opened.
    init(_ caller: Caller, _ areas: TownAreas, opened: Set<RecordID> = []) {
        self.init(roles: caller.roles, areas: caller.areas.map(areas.parts(of:)), opened: opened)
    }
}

extension Caller {
    func hand(_ source: Source, at: Instant) -> Hand { Hand(staff: id, name: name, source: source, at: at) }
}
