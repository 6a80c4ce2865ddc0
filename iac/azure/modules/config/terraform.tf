terraform {
  required_version = ">= 1.11.0"

  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = ">= 5.2.0, < 6.0.0"
    }
    terrace = {
      source  = "terrace.localhost/terrace/terrace"
      version = ">= 0.1.0"
    }
  }
}
