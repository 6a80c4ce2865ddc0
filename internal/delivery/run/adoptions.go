package run

import (
	"maps"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// adoptionsFile is the file of a root module that imports.
const adoptionsFile = "adopted.tf"

// withAdoptions adds the imports to a root module.
func withAdoptions(root Root, all []Adoption) (Root, error) {
	file := hclwrite.NewEmptyFile()
	for _, a := range all {
		address, ok := addressOf(a.Address)
		if !ok || a.ID == "" {
			continue // the next plan knows where it is
		}
		block := file.Body().AppendNewBlock("import", nil).Body()
		block.SetAttributeTraversal("to", address)
		block.SetAttributeValue("id", cty.StringVal(a.ID))
	}
	if len(file.Body().Blocks()) == 0 {
		return root, nil
	}
	files := maps.Clone(root.Files)
	files[adoptionsFile] = file.Bytes()
	digest, err := kernel.DigestJSON(files)
	return Root{Files: files, Secret: root.Secret, Secrets: root.Secrets, Digest: digest, LandingZone: root.LandingZone}, err
}

// addressOf reads the address of a resource, whose keys come from users: it is
// written out again from its parts, so that no key can be more than a key.
func addressOf(address string) (hcl.Traversal, bool) {
	parts, diags := hclsyntax.ParseTraversalAbs([]byte(address), adoptionsFile, hcl.InitialPos)
	if diags.HasErrors() || len(parts) < 2 {
		return nil, false
	}
	return parts, true
}
