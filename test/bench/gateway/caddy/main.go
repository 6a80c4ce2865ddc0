// Command caddy is Caddy with what a proxy needs, to be measured beside the
// gateway. It is a module of its own, so that the platform has none of its
// dependencies.
package main

import (
	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	_ "github.com/caddyserver/caddy/v2/modules/caddyhttp"
	_ "github.com/caddyserver/caddy/v2/modules/caddyhttp/reverseproxy"
)

func main() { caddycmd.Main() }
