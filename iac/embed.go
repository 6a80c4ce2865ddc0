// Package iac holds the Terraform code that comes with Terrace, as files to
// publish. It owns no Go code that uses them: delivery/module does.
package iac

import "embed"

// Local has, below the folder local, the modules and the definitions of the
// target local.
//
//go:embed local
var Local embed.FS

// Kubernetes has, below the folder kubernetes, the modules and the definitions
// of the runtime kubernetes.
//
//go:embed kubernetes
var Kubernetes embed.FS
