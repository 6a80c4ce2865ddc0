package rego

import "github.com/open-policy-agent/opa/v1/ast"

// The keys of resources, of findings and of configurations.
//
//nolint:gochecknoglobals // constants
var (
	keyAddress       = ast.StringTerm("address")
	keyArguments     = ast.StringTerm("arguments")
	keyAttribute     = ast.StringTerm("attribute")
	keyBefore        = ast.StringTerm("before")
	keyCaller        = ast.StringTerm("caller")
	keyConfig        = ast.StringTerm("config")
	keyConfiguration = ast.StringTerm("configuration")
	keyExpressions   = ast.StringTerm("expressions")
	keyID            = ast.StringTerm("id")
	keyLocation      = ast.StringTerm("location")
	keyMessage       = ast.StringTerm("message")
	keyModule        = ast.StringTerm("module")
	keyMsg           = ast.StringTerm("msg")
	keyReferences    = ast.StringTerm("references")
	keyTags          = ast.StringTerm("tags")
	keyTagsAll       = ast.StringTerm("tags_all")
	keyType          = ast.StringTerm("type")
	keyUnknown       = ast.StringTerm("unknown")
	keyValues        = ast.StringTerm("values")
)
