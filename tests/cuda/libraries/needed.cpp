extern "C" int nbm_test_needed() { return 40; }
