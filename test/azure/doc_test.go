// Package azure proves the Terraform tree for Azure with the real tools and the
// real azurerm provider against the simulated Azure: every module by itself, the
// bootstrap of a subscription, and the landing zones of all five stages with the
// commands of the workflows.
//
// It owns what needs those tools, which `make test-azure` obtains; without them
// its tests skip. What can be told from the files alone is proven in iac, what
// the simulator answers in internal/target/azuresim.
package azure_test
