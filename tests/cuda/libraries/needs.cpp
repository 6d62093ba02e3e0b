extern "C" int nbm_test_needed();
extern "C" int nbm_test_needs() { return nbm_test_needed() + 2; }
