import Crypt
import Foundation
import Woodpecker

extension Centre {
    /// The room's settings; the sample town has an official account of its own that nobody follows.
    func woodpeckerConfiguration(isSample: Bool) throws -> WoodpeckerConfiguration {
        var settings = WoodpeckerConfiguration()
        settings.keepDays = Int(configuration.reportDays)
        settings.publicURL = configuration.publicURL
        let account = configuration.weChat
        if let token = account.token {
            guard let appID = account.appID else { throw CentreError(description: "wechat.token needs wechat.appid") }
            settings.weChat = WeChatConfiguration(
                token: token, appID: appID, encodingKey: account.key, secret: account.secret, api: account.api)
        } else if isSample {
            settings.weChat = WeChatConfiguration(
                token: try Secret.token(), appID: "wx0000000000sample",
                encodingKey: String(Data(try Secret.bytes(32)).base64EncodedString().prefix(43)), secret: "sample",
                api: "/sample-wechat/api", isSample: true)
        }
        return settings
    }
}
