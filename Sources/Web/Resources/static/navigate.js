// Hands a place over to the phone's map. The centre keeps WGS-84; each map gets the datum that it draws: AMap and
// Tencent GCJ-02, Baidu BD-09, the phone's own map as it is. The same arithmetic as Sources/Geo/Datum.swift.
const axis = 6378245, eccentricity = 0.00669342162296594323, turn = Math.PI / 180, baidu = Math.PI * 3000 / 180;

/** @param {{lat: number, lon: number}} place WGS-84 @returns {{lat: number, lon: number}} GCJ-02; outside China as it is */
export function gcj02({ lat, lon }) {
  if (lon < 72.004 || lon > 137.8347 || lat < 0.8293 || lat > 55.8271) return { lat, lon };
  const x = lon - 105, y = lat - 35, { sin, sqrt, abs, PI } = Math;
  const waves = 2 / 3 * (20 * sin(6 * x * PI) + 20 * sin(2 * x * PI));
  const north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x)) + waves
    + 2 / 3 * (20 * sin(y * PI) + 40 * sin(y / 3 * PI)) + 2 / 3 * (160 * sin(y / 12 * PI) + 320 * sin(y / 30 * PI));
  const east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x)) + waves
    + 2 / 3 * (20 * sin(x * PI) + 40 * sin(x / 3 * PI)) + 2 / 3 * (150 * sin(x / 12 * PI) + 300 * sin(x / 30 * PI));
  const magic = 1 - eccentricity * sin(lat * turn) ** 2, root = sqrt(magic);
  return { lat: lat + north * 180 / (axis * (1 - eccentricity) / (magic * root) * PI), lon: lon + east * 180 / (axis / root * Math.cos(lat * turn) * PI) };
}

/** @param {{lat: number, lon: number}} place WGS-84 @returns {{lat: number, lon: number}} BD-09 */
export function bd09(place) {
  const { lat, lon } = gcj02(place);
  const far = Math.hypot(lon, lat) + 0.00002 * Math.sin(lat * baidu), angle = Math.atan2(lat, lon) + 0.000003 * Math.cos(lon * baidu);
  return { lat: far * Math.sin(angle) + 0.006, lon: far * Math.cos(angle) + 0.0065 };
}

/**
 * Where each map begins to lead there.
 * @param {{lat: number, lon: number}} place WGS-84 @param {string} name
 * @returns {{key: string, href: string}[]}
 */
export function ways(place, name) {
  const text = encodeURIComponent(name.replace(/[,|:]/g, " ").slice(0, 60)), round = (/** @type {number} */ n) => n.toFixed(6);
  const gcj = gcj02(place), bd = bd09(place);
  return [
    { key: "amap", href: `https://uri.amap.com/navigation?to=${round(gcj.lon)},${round(gcj.lat)},${text}&mode=car&coordinate=gaode&callnative=1&src=zhili` },
    { key: "baidu", href: `https://api.map.baidu.com/direction?destination=latlng:${round(bd.lat)},${round(bd.lon)}|name:${text}&mode=driving&coord_type=bd09ll&output=html&src=zhili` },
    { key: "tencent", href: `https://apis.map.qq.com/uri/v1/routeplan?type=drive&to=${text}&tocoord=${round(gcj.lat)},${round(gcj.lon)}&policy=0&referer=zhili` },
    { key: "other", href: `geo:${round(place.lat)},${round(place.lon)}?q=${round(place.lat)},${round(place.lon)}(${text})` },
  ];
}
