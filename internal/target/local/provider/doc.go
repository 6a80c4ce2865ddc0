// Package provider is the Terraform provider "terrace": it realises resources
// on the planes of a Terrace daemon. Most are of the target local; workloads of
// the runtime kubernetes and secrets are declared by stages of every target.
//
// It owns the provider's schemas and the translation between Terraform's values
// and the planes' JSON. It owns no resource itself: every one lives behind the
// planes API, which it calls with the token of the run. It links nothing of the
// server, so that the binary is small and starts fast.
package provider
