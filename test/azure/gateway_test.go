package azure_test

import (
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// planeRoot is a small landing zone and a project on it, with what the gateway's documents are.
const planeRoot = `
terraform {
  required_providers {
    azurerm = { source = "hashicorp/azurerm" }
  }
}
provider "azurerm" {
  features {}
}
variable "documents" {}
variable "sites" {}
locals {
  tags = { costcenter = "cc-1", env = "dev", owner = "shop" }
}
resource "azurerm_resource_group" "this" {
  name     = "rg-plane"
  location = "westeurope"
}
resource "azurerm_virtual_network" "this" {
  name                = "vnet"
  location            = "westeurope"
  resource_group_name = azurerm_resource_group.this.name
  address_space       = ["10.10.0.0/16"]
}
resource "azurerm_subnet" "gateway" {
  name                            = "gateway"
  resource_group_name             = azurerm_resource_group.this.name
  virtual_network_name            = azurerm_virtual_network.this.name
  address_prefixes                = ["10.10.1.0/24"]
  default_outbound_access_enabled = false
}
resource "azurerm_user_assigned_identity" "this" {
  name                = "id-agw"
  location            = "westeurope"
  resource_group_name = azurerm_resource_group.this.name
}
resource "azurerm_managed_redis" "this" {
  name                  = "redis-plane"
  location              = "westeurope"
  resource_group_name   = azurerm_resource_group.this.name
  sku_name              = "Balanced_B1"
  public_network_access = "Disabled"

  default_database {
    clustering_policy = "EnterpriseCluster"
  }
}
module "service" {
  source                           = "./modules/api-management"
  name                             = "apim-plane"
  location                         = "westeurope"
  resource_group_name              = azurerm_resource_group.this.name
  tags                             = local.tags
  publisher                        = { name = "Shop", email = "shop@example.com" }
  external_cache                   = { redis_resource_id = azurerm_managed_redis.this.id }
  external_cache_connection_string = "${azurerm_managed_redis.this.hostname}:10000,password=x,ssl=True"
}
module "project" {
  source              = "./modules/api-management"
  name                = "shop"
  location            = "westeurope"
  resource_group_name = azurerm_resource_group.this.name
  tags                = local.tags
  existing_service    = { resource_id = module.service.resource_id }
  apis                = var.documents.apis
  backends            = var.documents.backends
  products            = var.documents.products
}
module "edge" {
  source              = "./modules/waf-gateway"
  name                = "agw-plane"
  location            = "westeurope"
  resource_group_name = azurerm_resource_group.this.name
  tags                = local.tags
  subnet_resource_id  = azurerm_subnet.gateway.id
  managed_identities  = { user_assigned_resource_ids = { main = azurerm_user_assigned_identity.this.id } }
  certificates        = { platform = { key_vault_secret_id = "https://kv-shop.vault.azure.net/secrets/platform" } }
  backend_pools       = { api = { fqdns = [module.service.gateway_host] } }
  backend_settings    = { api = { pick_host_name_from_backend_address = true } }
  listeners           = { https = { certificate = "platform" } }
  routing_rules       = { main = { priority = 19998, listener = "https", backend_pool = "api", backend_settings = "api" } }
  sites               = { for name, s in var.sites : name => merge(s, { backend_pool = "api", backend_settings = "api", certificate = "platform" }) }
}
`

// TestTheGatewaysDocuments applies what the documents of the gateway are on Azure, with the
// real provider: Azure has the APIs, policies, backends, listeners and firewall policies; a
// second plan is empty; a service that is no longer called goes after the policy that named it.
func TestTheGatewaysDocuments(t *testing.T) {
	t.Parallel()
	s, sim := tools(t), simulate(t)
	dir := copied(t)
	for _, name := range tfFiles(t, dir) {
		if err := os.Remove(name); err != nil {
			t.Fatal(err)
		}
	}
	documents, sites := read(t, "api-management"), read(t, "waf-gateway")
	put(t, dir, "main.tf", planeRoot)
	vary := func() {
		put(t, dir, "documents.auto.tfvars.json", encoded(t, map[string]any{"documents": documents, "sites": sites}))
	}
	vary()
	s.must(t, dir, sim.owner(), s.terraform, "init", "-no-color")
	s.must(t, dir, sim.owner(), s.terraform, "apply", "-auto-approve", "-no-color", parallelism)
	if out, err := s.run(t, dir, sim.owner(), s.terraform, "plan", "-no-color", "-detailed-exitcode"); err != nil {
		t.Errorf("the second plan is not empty: %v\n%s", err, out)
	}

	shop, items := named(t, sites, "shop-shop-dev-"), named(t, documents["backends"], "shop-items-http-")
	api := "/service/apim-plane/apis/" + named(t, documents["apis"], "shop-partners-dev-")
	policy := sim.body(t, api+"/policies/policy")
	for _, has := range []string{"validate-jwt", "rate-limit-by-key", "quota-by-key", `backend-id="` + items + `"`, "limit-concurrency", "cors"} {
		if !strings.Contains(policy, has) {
			t.Errorf("the policy in Azure has no %s: %s", has, policy)
		}
	}
	if body := sim.body(t, "/apis/"+shop+"/policies/policy"); !strings.Contains(body, "cache-store") || !strings.Contains(body, "rewrite-uri") || !strings.Contains(body, "retry") {
		t.Errorf("the policy of the shop: %s", body)
	}
	product := named(t, documents["products"], "shop-items-basic-")
	if body := sim.body(t, "/service/apim-plane/products/"+product); !strings.Contains(body, "shop: Items, basic") || !strings.Contains(body, "published") {
		t.Errorf("the product: %s", body)
	}
	if body := sim.body(t, "/service/apim-plane/products/"+product+"/policies/policy"); !strings.Contains(body, "first-period-start") || !strings.Contains(body, "context.Subscription.Id") {
		t.Errorf("the policy of the product: %s", body)
	}
	if body := sim.body(t, api); !strings.Contains(body, "X-Subscription-Key") {
		t.Errorf("the API looks for keys elsewhere: %s", body)
	}
	if state := text(t, dir, "terraform.tfstate"); strings.Contains(state, "primary_key") {
		t.Error("the state has keys of subscriptions")
	}
	if cache := sim.body(t, "/service/apim-plane/caches/external"); !strings.Contains(cache, "redis-plane") {
		t.Errorf("the cache: %s", cache)
	}
	edge := sim.body(t, "/applicationGateways/agw-plane")
	for _, has := range []string{"shop.dev.shop.localhost", "*.partners.dev.shop.localhost", "{var_uri_path}", "waf-agw-plane-" + shop} {
		if !strings.Contains(edge, has) {
			t.Errorf("the application gateway has no %s", has)
		}
	}
	firewall := sim.body(t, "/ApplicationGatewayWebApplicationFirewallPolicies/waf-agw-plane-"+shop)
	for _, has := range []string{"RateLimitRule", "IPMatch", "10.66.0.0/16", "942190", "Prevention"} {
		if !strings.Contains(firewall, has) {
			t.Errorf("the firewall policy has no %s: %s", has, firewall)
		}
	}

	apis := documents["apis"].(map[string]any) //nolint:forcetypeassert // as it was written
	delete(apis, shop)
	delete(sites, shop)
	backends := documents["backends"].(map[string]any) //nolint:forcetypeassert // as it was written
	for name := range backends {
		delete(backends, name)
	}
	backends["shop-others-http"] = map[string]any{"name": "shop-others-http", "url": "http://others.shop.internal.example.com"}
	for _, api := range apis {
		p := api.(map[string]any)["policy"].(map[string]any)                        //nolint:forcetypeassert // as it was written
		p["xml"] = strings.ReplaceAll(p["xml"].(string), items, "shop-others-http") //nolint:forcetypeassert // as it was written
	}
	vary()
	s.must(t, dir, sim.owner(), s.terraform, "apply", "-auto-approve", "-no-color", parallelism)
	if out, err := s.run(t, dir, sim.owner(), s.terraform, "plan", "-no-color", "-detailed-exitcode"); err != nil {
		t.Errorf("the plan after the change is not empty: %v\n%s", err, out)
	}
	s.must(t, dir, sim.owner(), s.terraform, "destroy", "-auto-approve", "-no-color", parallelism)
}

// named is the one name that begins so.
func named(t *testing.T, of any, prefix string) string {
	t.Helper()
	for name := range of.(map[string]any) { //nolint:forcetypeassert // as it was written
		if strings.HasPrefix(name, prefix) {
			return name
		}
	}
	t.Fatalf("nothing is named %s…", prefix)
	return ""
}

func tfFiles(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.tf"))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func put(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func text(t *testing.T, dir, name string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// read returns what the translation has written for a module's tests.
func read(t *testing.T, module string) map[string]any {
	t.Helper()
	raw, err := os.ReadFile(tree(t, "iac", "modules", module, "tests", "documents.json"))
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]any
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func encoded(t *testing.T, value any) string {
	t.Helper()
	raw, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// body is what Azure holds of the one resource whose id ends so, its quotes as they are.
func (s *simulator) body(t *testing.T, end string) string {
	t.Helper()
	for _, id := range s.resources(t) {
		if strings.HasSuffix(strings.ToLower(strings.ReplaceAll(id, ";rev=1", "")), strings.ToLower(end)) {
			var out json.RawMessage
			if err := s.client.Get(t.Context(), "resource", url.Values{"id": {id}}, &out); err != nil {
				t.Fatal(err)
			}
			return strings.ReplaceAll(string(out), `\"`, `"`)
		}
	}
	t.Fatalf("there is no %s in %v", end, s.resources(t))
	return ""
}
