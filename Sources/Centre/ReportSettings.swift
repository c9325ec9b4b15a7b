import Crypt
import Foundation
import Woodpecker

extension Centre {
    /// The room's settings of the environment: `ZHILI_WECHAT_TOKEN`, `…_APPID`, `…_KEY` (43 characters, for encrypted
    /// messages), `…_SECRET` and `…_API`; the sample town has an account of its own that nobody follows.
    func woodpeckerConfiguration(isSample: Bool) throws -> WoodpeckerConfiguration {
        var settings = WoodpeckerConfiguration()
        let environment = ProcessInfo.processInfo.environment
        if let token = environment["ZHILI_WECHAT_TOKEN"], !token.isEmpty {
            guard let appID = environment["ZHILI_WECHAT_APPID"], !appID.isEmpty else {
                throw CentreError(description: "ZHILI_WECHAT_TOKEN needs ZHILI_WECHAT_APPID")
            }
            let key = environment["ZHILI_WECHAT_KEY"]
            if let key, !key.isEmpty, key.utf8.count != 43 {
                throw CentreError(description: "ZHILI_WECHAT_KEY has 43 characters")
            }
            settings.weChat = WeChatConfiguration(
                token: token, appID: appID, encodingKey: key, secret: environment["ZHILI_WECHAT_SECRET"],
                api: environment["ZHILI_WECHAT_API"] ?? "https://api.weixin.qq.com")
        } else if isSample {
            settings.weChat = WeChatConfiguration(
                token: try Secret.token(), appID: "wx0000000000sample",
                encodingKey: String(Data(try Secret.bytes(32)).base64EncodedString().prefix(43)), secret: "sample",
                api: "/sample-wechat/api", isSample: true)
        }
        return settings
    }
}
