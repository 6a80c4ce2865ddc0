// Command terraform-provider-terrace is the Terraform provider of Terrace's
// local target. Terraform starts it; people do not. As the smallest program that
// Terrace has everywhere it is the helper that isolates runs, too.
package main

import (
	"context"
	"flag"
	"log"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"

	"github.com/terrace-idp/terrace/internal/platform/confine"
	"github.com/terrace-idp/terrace/internal/target/local/provider"
)

func main() {
	confine.Enter() // a helper goes no further
	debug := flag.Bool("debug", false, "serve for a debugger and print how Terraform reaches it")
	flag.Parse()
	err := providerserver.Serve(context.Background(), provider.New(provider.Version), providerserver.ServeOpts{
		Address: provider.Address, ProtocolVersion: 6, Debug: *debug,
	})
	if err != nil {
		log.Fatal(err)
	}
}
