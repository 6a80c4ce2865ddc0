terraform {
  required_version = ">= 1.11.0"

  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = ">= 5.2.0, < 6.0.0"
    }
  }
}

provider "azurerm" {
  features {}
}

locals {
  tags = {
    costcenter = "cc-0000"
    env        = "example"
    owner      = "platform"
  }
}

resource "azurerm_resource_group" "this" {
  name     = "rg-identity-example"
  location = "westeurope"
  tags     = local.tags
}

module "identity" {
  source = "../../"

  name                = "id-example"
  location            = azurerm_resource_group.this.location
  resource_group_name = azurerm_resource_group.this.name
  tags                = local.tags

  identities = {
    portal   = {}
    deployer = { name = "id-example-deploy" }
  }

  role_definitions = {
    restart = {
      name        = "Terrace example: restarts container apps"
      description = "May read container apps and restart their revisions, nothing else."
      scope       = azurerm_resource_group.this.id
      actions     = ["Microsoft.App/containerApps/read", "Microsoft.App/containerApps/revisions/restart/action"]
    }
  }

  assignments = {
    portal-reads = {
      scope                      = azurerm_resource_group.this.id
      role_definition_id_or_name = "Reader"
      identity                   = "portal"
    }
    deployer-restarts = {
      scope           = azurerm_resource_group.this.id
      role_definition = "restart"
      identity        = "deployer"
    }
    deployer-shares-reading = {
      scope                      = azurerm_resource_group.this.id
      role_definition_id_or_name = "Role Based Access Control Administrator"
      identity                   = "deployer"
      description                = "Gives Reader to service principals, and no other role."
      condition                  = <<-EOT
        (
          !(ActionMatches{'Microsoft.Authorization/roleAssignments/write'})
        ) OR (
          @Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {acdd72a7-3385-48ef-bd42-f606fba81ae7}
          AND @Request[Microsoft.Authorization/roleAssignments:PrincipalType] ForAnyOfAnyValues:StringEqualsIgnoreCase {'ServicePrincipal'}
        )
      EOT
    }
  }
}

output "client_ids" {
  description = "Client ids of the identities."
  value       = module.identity.client_ids
}
