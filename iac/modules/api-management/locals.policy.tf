locals {
  policies = merge(
    { for key, p in { service = var.policy } : key => p if p != null },
    { for key, a in var.apis : "api/${key}" => a.policy if a.policy != null },
    { for key, p in var.products : "product/${key}" => p.policy if p.policy != null },
  )

  # A counter for each caller needs the policy "by key"; without one Azure counts for each subscription.
  limits = { for key, p in local.policies : key => concat(
    p.rate_limit == null ? [] : p.rate_limit.counter_key == null ?
    ["<rate-limit calls=\"${p.rate_limit.calls}\" renewal-period=\"${p.rate_limit.renewal_period_seconds}\" />"] :
    ["<rate-limit-by-key calls=\"${p.rate_limit.calls}\" renewal-period=\"${p.rate_limit.renewal_period_seconds}\" counter-key=\"${replace(p.rate_limit.counter_key, "\"", "&quot;")}\" />"],
    p.quota == null ? [] : p.quota.counter_key == null ?
    ["<quota calls=\"${p.quota.calls}\" renewal-period=\"${p.quota.renewal_period_seconds}\" />"] :
    ["<quota-by-key calls=\"${p.quota.calls}\" renewal-period=\"${p.quota.renewal_period_seconds}\" counter-key=\"${replace(p.quota.counter_key, "\"", "&quot;")}\" />"],
  ) }

  guards = { for key, p in local.policies : key => concat(
    p.cors == null ? [] : [join("", concat(
      ["<cors allow-credentials=\"${p.cors.credentials}\"><allowed-origins>"], [for o in p.cors.origins : "<origin>${local.escaped[o]}</origin>"],
      ["</allowed-origins><allowed-methods>"], [for m in p.cors.methods : "<method>${m}</method>"],
      ["</allowed-methods><allowed-headers>"], [for h in p.cors.headers : "<header>${h}</header>"], ["</allowed-headers></cors>"],
    ))],
    length(p.ip_allow) == 0 ? [] : [join("", concat(
      ["<ip-filter action=\"allow\">"],
      [for a in p.ip_allow : strcontains(a, "/") ? "<address-range from=\"${cidrhost(a, 0)}\" to=\"${cidrhost(a, -1)}\" />" : "<address>${a}</address>"],
      ["</ip-filter>"],
    ))],
    p.jwt == null ? [] : [join("", concat(
      ["<validate-jwt header-name=\"${p.jwt.header}\" failed-validation-httpcode=\"401\" require-expiration-time=\"true\" require-signed-tokens=\"true\"><openid-config url=\"${local.escaped[p.jwt.openid_config_url]}\" />"],
      ["<audiences>"], [for a in p.jwt.audiences : "<audience>${local.escaped[a]}</audience>"], ["</audiences>"],
      length(p.jwt.issuers) == 0 ? [] : concat(["<issuers>"], [for i in p.jwt.issuers : "<issuer>${local.escaped[i]}</issuer>"], ["</issuers>"]),
      ["</validate-jwt>"],
    ))],
  ) }

  calls = { for key, p in local.policies : key => concat(
    p.backend == null ? [] : ["<set-backend-service backend-id=\"${lookup(local.backend_names, p.backend, p.backend)}\" />"],
    p.managed_identity_resource == null ? [] : ["<authentication-managed-identity resource=\"${local.escaped[p.managed_identity_resource]}\" />"],
    [for name, value in p.request_headers : "<set-header name=\"${name}\" exists-action=\"override\"><value>${local.escaped[value]}</value></set-header>"],
  ) }

  # What people write, as XML takes it; expressions (@(…)) are left as they are but for these signs.
  texts = distinct(compact(flatten([for p in local.policies : [
    p.cors == null ? [] : tolist(p.cors.origins),
    p.jwt == null ? [] : concat([p.jwt.openid_config_url], tolist(p.jwt.audiences), tolist(p.jwt.issuers)),
    p.managed_identity_resource == null ? [] : [p.managed_identity_resource],
    values(p.request_headers), values(p.response_headers),
  ]])))
  escaped = merge({ "" = "" }, { for t in local.texts : t => replace(replace(replace(replace(t, "&", "&amp;"), "<", "&lt;"), ">", "&gt;"), "\"", "&quot;") })

  # The whole service has no base to start from, and its backends are called as they are.
  policy_xml = { for key, p in local.policies : key => p.xml != null ? p.xml : join("\n", concat(
    ["<policies>", "  <inbound>"],
    key == "service" ? [] : ["    <base />"],
    [for line in concat(local.guards[key], local.limits[key], local.calls[key]) : "    ${line}"],
    ["  </inbound>", "  <backend>"],
    [p.timeout_seconds != null ? "    <forward-request timeout=\"${p.timeout_seconds}\" />" : key == "service" ? "    <forward-request />" : "    <base />"],
    ["  </backend>", "  <outbound>"],
    key == "service" ? [] : ["    <base />"],
    [for name, value in p.response_headers : "    <set-header name=\"${name}\" exists-action=\"override\"><value>${local.escaped[value]}</value></set-header>"],
    ["  </outbound>", "  <on-error>"],
    key == "service" ? [] : ["    <base />"],
    ["  </on-error>", "</policies>", ""],
  )) }
}
