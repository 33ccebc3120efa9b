namespace carillon {}
