import Hummingbird
import HummingbirdTLS
import Yams
