resource "azurerm_api_management_logger" "this" {
  count = var.application_insights == null ? 0 : 1

  name                = "application-insights"
  api_management_name = local.service_name
  resource_group_name = local.resource_group_name
  resource_id         = var.application_insights.resource_id
  buffered            = true

  application_insights {
    connection_string  = var.application_insights_connection_string
    identity_client_id = var.application_insights.identity_client_id
  }
}

resource "azurerm_api_management_diagnostic" "this" {
  count = var.application_insights == null ? 0 : 1

  identifier                = "applicationinsights"
  api_management_name       = local.service_name
  resource_group_name       = local.resource_group_name
  api_management_logger_id  = azurerm_api_management_logger.this[0].id
  sampling_percentage       = var.application_insights.sampling_percentage
  always_log_errors         = true
  log_client_ip             = var.application_insights.log_client_ip
  verbosity                 = var.application_insights.verbosity
  http_correlation_protocol = "W3C"

  frontend_request {
    body_bytes     = 0
    headers_to_log = var.application_insights.headers_to_log

    data_masking {
      dynamic "headers" {
        for_each = var.application_insights.masked_headers

        content {
          mode  = "Mask"
          value = headers.value
        }
      }

      dynamic "query_params" {
        for_each = var.application_insights.masked_query

        content {
          mode  = "Mask"
          value = query_params.value
        }
      }
    }
  }

  frontend_response {
    body_bytes     = 0
    headers_to_log = var.application_insights.headers_to_log
  }
}
