package module_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/module/moduletest"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// TestAVersionHasAllItsCode has modules that would have whoever initialises them call git, a
// server or a bucket, also one inside, or read the disk.
func TestAVersionHasAllItsCode(t *testing.T) {
	t.Parallel()
	rig := moduletest.New(t)
	call := func(source string) string { return fmt.Sprintf("module \"x\" {\n  source = %s\n}\n", source) }
	try := func(file, text string) error {
		files := map[string]string{"main.tf": main, "modules/y/main.tf": "", file: text}
		_, err := rig.Publish(t.Context(), acme(), cache(), "1.0.0", moduletest.Pack(t, files))
		return err
	}
	for _, source := range []string{
		"git::https://169.254.169.254/x.git", "git::ssh://git@example.com/x.git", "git::file:///etc", "git::ext::sh -c id", "git@github.com:a/b.git", "github.com/a/b", "github.com/a/b/c",
		"gitlab.com/a/b/c", "http://169.254.169.254/latest/meta-data", "https://example.com/x.zip", "http://2130706433/x.zip", "hg::http://example.com/x", "s3::https://s3.amazonaws.com/b/k",
		"gcs::https://www.googleapis.com/storage/v1/b/k", "oci://example.com/x", "file:///etc", "/etc/terraform", "../x", "./a/../../x", `.\x`, "~/x", "169.254.169.254/a/b/c", "127.0.0.1:7080/a/b/c",
		"[::1]/a/b/c", "localhost/a/b/c", "localhost:7080/a/b/c", "a/b/c?ref=x", "",
	} {
		err := try("x.tf", call(fmt.Sprintf("%q", source)))
		e, ok := errors.AsType[*kernel.Error](err)
		if !ok || e.Kind != kernel.Invalid || len(e.Problems) != 1 || e.Problems[0].File != "x.tf" || e.Problems[0].Line != 2 || e.Problems[0].Column != 3 {
			t.Errorf("%q: %v", source, err)
		}
	}
	for file, text := range map[string]string{
		"x.tf": call("var.name"), "x.tf.json": `{"module": {"x": {"source": "git::https://example.com/x"}}}`, "x.tofu": call(`"https://example.com/x.zip"`),
		"modules/y/x.tf": call(`"../../../x"`), "x.tofu.json": `{"module": {"x": {"source": "${var.name}"}}}`,
	} {
		if err := try(file, text); !kernel.Is(err, kernel.Invalid) || !strings.Contains(err.Error(), "needs what is not in it") {
			t.Errorf("%s: %v", file, err)
		}
	}
	good := ""
	for i, source := range []string{
		"./modules/y", "./modules/../modules/y", "terrace.localhost/acme/other/local", "terraform-aws-modules/vpc/aws", "Azure/avm-res-keyvault-vault/azurerm", "registry.example.com:8443/a/b/azurerm//modules/c",
	} {
		good += strings.Replace(call(fmt.Sprintf("%q", source)), `"x"`, fmt.Sprintf(`"m%d"`, i), 1)
	}
	if err := try("x.tf", good); err != nil {
		t.Error(err)
	}
	if err := try("modules/y/x.tf", call(`"../y"`)); !kernel.Is(err, kernel.Conflict) { // it is published, with other content
		t.Error(err)
	}
}
