package runner

// program is a Go program that is built where nobody else has it.
type program struct {
	// title is what people call it, file its name beneath tools/.
	title, file string
	// main is the import path of its main package.
	main string
	// module is the go.mod of the module that builds it: a module's replacements
	// and godebug lines count only in the main module, so its own are repeated.
	module string
	// ldflags are the linker's further arguments.
	ldflags string
	// gcflags are the compiler's, each for a pattern of packages.
	gcflags []string
}

// imports makes the module need the program.
func (p program) imports() string {
	return "//go:build tools\n\npackage tools\n\nimport _ \"" + p.main + "\"\n"
}

// tofuVersion is the OpenTofu that is built where there is no tool.
const tofuVersion = "1.12.6"

func tofuProgram() program {
	return program{
		title: "OpenTofu " + tofuVersion, file: "tofu-" + tofuVersion,
		main: "github.com/opentofu/opentofu/cmd/tofu",
		module: `module terrace.localhost/tofu

go 1.26.6

godebug winsymlink=0

godebug tlsmlkem=0

require github.com/opentofu/opentofu v` + tofuVersion + `

replace github.com/hashicorp/hcl/v2 v2.20.1 => github.com/opentofu/hcl/v2 v2.20.2-0.20251021132045-587d123c2828
`,
		ldflags: "-X github.com/opentofu/opentofu/version.dev=no",
	}
}

// AzurermVersion is the version of the provider azurerm that stages with the
// target azure are planned with.
const AzurermVersion = "5.2.0"

// azurermCommit is that version's number as a Go module.
const azurermCommit = "v1.44.1-0.20260824201233-fae580791926"

func azurermProgram() program {
	return program{
		title: "the provider azurerm " + AzurermVersion, file: "azurerm-" + AzurermVersion,
		main: "github.com/hashicorp/terraform-provider-azurerm",
		module: `module terrace.localhost/azurerm

go 1.26.6

require github.com/hashicorp/terraform-provider-azurerm ` + azurermCommit + `
`,
		ldflags: "-X github.com/hashicorp/terraform-provider-azurerm/version.ProviderVersion=" + AzurermVersion,
		// It waits for a cloud: without inlining half as long a build loses nothing.
		gcflags: []string{"github.com/hashicorp/terraform-provider-azurerm/...=-l -dwarf=false", "github.com/hashicorp/go-azure-sdk/...=-l -dwarf=false"},
	}
}
