print("pilab")
