#include "CGateLinux.h"
