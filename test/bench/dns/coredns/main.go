// Command coredns is CoreDNS with what a server of zones and a forwarder need, to be measured
// beside DNS. It is a module of its own, so that the platform has none of its dependencies.
package main

import (
	"github.com/coredns/coredns/coremain"
	_ "github.com/coredns/coredns/plugin/bind"
	_ "github.com/coredns/coredns/plugin/cache"
	_ "github.com/coredns/coredns/plugin/file"
	_ "github.com/coredns/coredns/plugin/forward"
)

func main() { coremain.Run() }
