// Package static reads a Terraform configuration without running Terraform and
// without credentials: variables, locals, count, for_each, dynamic blocks,
// functions and modules are evaluated as far as their values are known.
//
// It owns the evaluation and its bounds. What only a provider or a data source
// knows stays unknown; what an expression names is kept beside its value. It
// installs no modules and reads no files outside of the configuration's folder.
package static
