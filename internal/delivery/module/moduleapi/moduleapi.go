// Package moduleapi serves delivery/module over HTTP: Terraform's module
// registry protocol for terraform and tofu, and the API for people.
//
// It owns the wire: paths, documents, and the signed addresses of archives,
// which the tools fetch without a token. It decides nothing about modules.
package moduleapi

import (
	"github.com/terrace-idp/terrace/internal/delivery/module"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// RegistryPath is where the registry protocol begins.
const RegistryPath = "/registry/v1/modules/"

// API serves a module service.
type API struct {
	Modules *module.Service
	// Key signs the addresses of archives: 32 bytes or more, the same on every replica.
	Key   []byte
	Clock kernel.Clock
}
