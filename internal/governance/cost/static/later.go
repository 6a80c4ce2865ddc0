package static

import (
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"maps"
	"time"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// later are Terraform's functions whose values are known with the run only, or that
// read what is not in the folder. They are there, so that can and try do not take them
// for mistakes.
func later() map[string]function.Function {
	out := map[string]function.Function{}
	for _, name := range []string{
		"abspath", "base64gzip", "bcrypt", "convert", "ephemeralasnull", "filebase64sha256", "filebase64sha512", "filemd5", "fileset", "filesha1",
		"filesha256", "filesha512", "issensitive", "matchkeys", "pathexpand", "plantimestamp", "rsadecrypt", "templatestring",
		"textdecodebase64", "textencodebase64", "timestamp", "transpose", "type", "uuid", "uuidv5",
	} {
		out[name] = unknownFunc()
	}
	maps.Copy(out, map[string]function.Function{
		"timecmp": timecmpFunc(),
		"base64sha256": textFunc(func(s string) string {
			sum := sha256.Sum256([]byte(s))
			return base64.StdEncoding.EncodeToString(sum[:])
		}),
		"base64sha512": textFunc(func(s string) string {
			sum := sha512.Sum512([]byte(s))
			return base64.StdEncoding.EncodeToString(sum[:])
		}),
	})
	return out
}

func unknownFunc() function.Function {
	return function.New(&function.Spec{
		VarParam: &function.Parameter{Name: "values", Type: cty.DynamicPseudoType, AllowNull: true, AllowUnknown: true, AllowDynamicType: true},
		Type:     function.StaticReturnType(cty.DynamicPseudoType),
		Impl:     func([]cty.Value, cty.Type) (cty.Value, error) { return cty.DynamicVal, nil },
	})
}

// timecmpFunc tells which of two moments comes first.
func timecmpFunc() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "a", Type: cty.String}, {Name: "b", Type: cty.String}},
		Type:   function.StaticReturnType(cty.Number),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			var at [2]time.Time
			for i := range at {
				t, err := time.Parse(time.RFC3339, args[i].AsString())
				if err != nil {
					return cty.UnknownVal(cty.Number), function.NewArgErrorf(i, "must be a moment such as 2026-01-01T00:00:00Z")
				}
				at[i] = t
			}
			return cty.NumberIntVal(int64(at[0].Compare(at[1]))), nil
		},
	})
}
