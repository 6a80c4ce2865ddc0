terraform {
  required_version = ">= 1.8.0"

  required_providers {
    terrace = {
      source  = "terrace.localhost/terrace/terrace"
      version = ">= 0.1.0"
    }
  }
}
