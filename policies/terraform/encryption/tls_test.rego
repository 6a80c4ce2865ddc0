package terrace.terraform.encryption.tls_test

import data.terrace.lib.fixture
import data.terrace.terraform.encryption.tls

making(values) := fixture.creates("aws_db_instance", values)

test_fails_for_tls_1_0 if {
	count(tls.deny) == 1 with input as making({"minimum_tls_version": "1.0"})
}

test_fails_in_the_words_of_storage if {
	count(tls.deny) == 1 with input as making({"min_tls_version": "TLS1_1"})
}

test_fails_in_the_words_of_cloudfront if {
	count(tls.deny) == 1 with input as making({"minimum_protocol_version": "TLSv1_2016"})
}

test_fails_in_the_words_of_google_cloud if {
	count(tls.deny) == 1 with input as making({"min_tls_version": "TLS_1_0"})
}

test_fails_in_the_words_of_cosmos if {
	count(tls.deny) == 1 with input as making({"minimal_tls_version": "Tls11"})
}

test_passes_for_tls_1_2 if {
	count(tls.deny) == 0 with input as making({"minimum_tls_version": "1.2"})
}

test_passes_in_the_words_of_storage if {
	count(tls.deny) == 0 with input as making({"min_tls_version": "TLS1_2"})
}

test_passes_in_the_words_of_cosmos if {
	count(tls.deny) == 0 with input as making({"minimal_tls_version": "Tls12"})
}

test_passes_for_tls_1_3 if {
	count(tls.deny) == 0 with input as making({"min_tls_version": "TLS1_3"})
}
