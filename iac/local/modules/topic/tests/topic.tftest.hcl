mock_provider "terrace" {}

variables {
  name     = "orders-topic"
  project  = "shop"
  stage    = "dev"
  workload = "orders"
  tags     = { costcenter = "4711", env = "dev", owner = "team-orders" }
}

run "keeps_messages_for_a_week" {
  command = plan

  assert {
    condition     = terrace_topic.this.retention_hours == 168
    error_message = "Messages are kept for 168 hours by default."
  }
}

run "tells_its_type" {
  command = plan

  variables {
    type = "kafka-topic"
  }

  assert {
    condition     = terrace_topic.this.claim == "kafka-topic"
    error_message = "A topic and a kafka-topic of one name are one object to the state."
  }
}

run "takes_a_subject" {
  command = plan

  variables {
    subject = "shop.orders.created"
  }

  assert {
    condition     = terrace_topic.this.subject == "shop.orders.created"
    error_message = "The subject is not the one that was asked for."
  }
}

run "refuses_a_wildcard" {
  command = plan

  variables {
    subject = "shop.>"
  }

  expect_failures = [var.subject]
}

run "refuses_tags_without_an_owner" {
  command = plan

  variables {
    tags = { costcenter = "4711", env = "dev", owner = " " }
  }

  expect_failures = [var.tags]
}

run "refuses_a_name_that_is_no_label" {
  command = plan

  variables {
    name = "Orders_1"
  }

  expect_failures = [var.name]
}
